import { WorkerError } from '../../kernel/errors.ts';
import { shortened } from '../job/shortened.ts';
import { matchesGlob } from './glob.ts';

/**
 * What a platform team lets runs do with the rights of the worker that they share. Lists hold
 * patterns (glob.ts); an empty list of what is allowed allows everything, but endpoints of job
 * variables, which are refused unless they are in it.
 */
export interface GuardRails {
  readonly allowedTaskRoles: readonly string[];
  readonly allowedExecutionRoles: readonly string[];
  readonly allowedClusters: readonly string[];
  readonly allowedImages: readonly string[];
  /** `<type slug>/<name>`, or ids. */
  readonly allowedBlocks: readonly string[];
  readonly allowedAwsEndpoints: readonly string[];
  /** Whether an AwsCredentials block may bring an endpoint of its own. */
  readonly allowsBlockEndpoints: boolean;
  /** Whether only the pool's template says which AWS credentials are used. */
  readonly credentialsOnlyFromPool: boolean;
  /** Names of environment variables that runs may neither set nor unset. */
  readonly forbiddenEnv: readonly string[];
}

/** By what name a person sets each of them. */
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

/**
 * A run asked for what a setting of the worker does not let runs do. Its message begins with the
 * setting.
 */
export class NotAllowedError extends WorkerError {
  override readonly name = 'NotAllowed';
}

type ListName = {
  [Name in keyof GuardRails]: GuardRails[Name] extends readonly string[] ? Name : never;
}[keyof GuardRails];

/**
 * Whether a list of what is allowed covers one of the forms in which a thing may be written; an
 * empty list covers all.
 */
export function isAllowed(patterns: readonly string[], forms: readonly string[]): boolean {
  return patterns.length === 0 || covers(patterns, forms);
}

export function covers(patterns: readonly string[], forms: readonly string[]): boolean {
  return patterns.some((pattern) => forms.some((form) => matchesGlob(pattern, form)));
}

const mostShown = 5;

/** `what` names the thing and its value, never a secret. */
export function notAllowed(
  list: ListName,
  what: string,
  rails: GuardRails,
  advice: string,
): NotAllowedError {
  const patterns = rails[list];
  const more = patterns.length > mostShown ? `, and ${patterns.length - mostShown} more` : '';
  const allowed =
    patterns.length === 0 ? '' : ` It is: ${patterns.slice(0, mostShown).join(', ')}${more}.`;
  return new NotAllowedError(
    `${guardRailSettings[list]} does not allow ${what}.${allowed} ${advice}, or ask whoever runs the worker to change ` +
      'the setting.',
  );
}

/** Users' values are as long as they like. */
export function quoted(value: string): string {
  return `'${shortened(value, 200)}'`;
}
