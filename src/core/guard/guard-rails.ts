import { WorkerError } from '../../kernel/errors.ts';
import { shortened } from '../job/shortened.ts';
import { matchesGlob } from './glob.ts';

/**
 * What a platform team allows runs to do with the worker's permissions, which they share. Lists
 * contain patterns (glob.ts). An empty allow-list allows everything, with one exception: endpoints
 * in job variables are refused unless they are listed.
 */
export interface GuardRails {
  readonly allowedTaskRoles: readonly string[];
  readonly allowedExecutionRoles: readonly string[];
  readonly allowedClusters: readonly string[];
  readonly allowedImages: readonly string[];
  /** `<type slug>/<name>`, or ids. */
  readonly allowedBlocks: readonly string[];
  readonly allowedAwsEndpoints: readonly string[];
  /** Whether an AwsCredentials block may have its own endpoint. */
  readonly allowsBlockEndpoints: boolean;
  /** Whether only the pool's template may set AWS credentials. */
  readonly credentialsOnlyFromPool: boolean;
  /** Names of environment variables that runs must neither set nor unset. */
  readonly forbiddenEnv: readonly string[];
}

/** The setting of each. */
export const guardRailSettings = {
  allowedTaskRoles: 'PREFECT_ECS_ALLOWED_TASK_ROLES',
  allowedExecutionRoles: 'PREFECT_ECS_ALLOWED_EXECUTION_ROLES',
  allowedClusters: 'PREFECT_ECS_ALLOWED_CLUSTERS',
  allowedImages: 'PREFECT_ECS_ALLOWED_IMAGES',
  allowedBlocks: 'PREFECT_ECS_ALLOWED_BLOCKS',
  allowedAwsEndpoints: 'PREFECT_ECS_ALLOWED_AWS_ENDPOINTS',
  allowsBlockEndpoints: 'PREFECT_ECS_ALLOW_BLOCK_ENDPOINTS',
  credentialsOnlyFromPool: 'PREFECT_ECS_CREDENTIALS_ONLY_FROM_POOL',
  forbiddenEnv: 'PREFECT_ECS_FORBIDDEN_ENV',
} as const satisfies Record<keyof GuardRails, string>;

/** A run violates a guard rail. The message begins with the setting. */
export class NotAllowedError extends WorkerError {
  override readonly name = 'NotAllowed';
}

type ListName = {
  [Name in keyof GuardRails]: GuardRails[Name] extends readonly string[] ? Name : never;
}[keyof GuardRails];

/** Whether an allow-list covers one of the spellings of a value. An empty list covers all. */
export function isAllowed(patterns: readonly string[], forms: readonly string[]): boolean {
  return patterns.length === 0 || covers(patterns, forms);
}

export function covers(patterns: readonly string[], forms: readonly string[]): boolean {
  return patterns.some((pattern) => forms.some((form) => matchesGlob(pattern, form)));
}

const mostShown = 5;

/** `what` describes the value. It must not contain a secret. */
export function notAllowed(
  list: ListName,
  what: string,
  rails: GuardRails,
  advice: string,
): NotAllowedError {
  const patterns = rails[list];
  const more = patterns.length > mostShown ? `, and ${patterns.length - mostShown} more` : '';
  const allowed =
    patterns.length === 0
      ? ''
      : ` The setting is: ${patterns.slice(0, mostShown).join(', ')}${more}.`;
  return new NotAllowedError(
    `${guardRailSettings[list]} does not allow ${what}.${allowed} ${advice}, or ask the operator of the worker to ` +
      'change the setting.',
  );
}

/** Shortened, because users' values may have any length. */
export function quoted(value: string): string {
  return `'${shortened(value, 200)}'`;
}
