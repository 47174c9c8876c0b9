import { serviceOf, type Denial } from '../diagnosis/denial.ts';
import type { ChosenByRun } from '../job/ecs-job.ts';

const runTask = 'ecs:RunTask';
const passRole = 'iam:PassRole';

/** What a run needs of AWS, as far as something of it may be denied. */
export interface Needs {
  /** Of whom it asks: credentials and region. */
  readonly sessionKey: string;
  readonly cluster: string | undefined;
  /** ARNs of the roles that its task has. */
  readonly roles: readonly string[];
  readonly chosen: ChosenByRun;
}

/** What is ill or denied; `session` names the credentials, or Prefect. */
export type HoldKey =
  | { readonly kind: 'service'; readonly session: string; readonly service: string }
  | { readonly kind: 'credentials'; readonly session: string }
  | {
      readonly kind: 'right';
      readonly session: string;
      /** The call that was refused: a run that does not make it goes on. */
      readonly operation: string;
      readonly action: string;
      /** The cluster that the run named, or the role. */
      readonly resource: string | undefined;
    };

export function textOfKey(key: HoldKey): string {
  return JSON.stringify([
    key.session,
    key.kind,
    ...(key.kind === 'service' ? [key.service] : []),
    ...(key.kind === 'right' ? [key.operation, key.action, key.resource] : []),
  ]);
}

/**
 * Undefined: what is denied is something of the run's own making, which is told like any of its
 * mistakes.
 */
export function keyOfDenial(denial: Denial, operation: string, needs: Needs): HoldKey | undefined {
  const { sessionKey: session, cluster, chosen } = needs;
  if (denial.kind === 'credentials') return { kind: 'credentials', session };
  const { action } = denial;
  const right = { kind: 'right', session, operation, action } as const;
  if (action === passRole) return { ...right, resource: denial.resource };
  if (action !== runTask) return { ...right, resource: undefined };
  const isAboutDefinition = denial.resource?.includes(':task-definition/') === true;
  if (chosen.definition && isAboutDefinition) return undefined;
  return { ...right, resource: chosen.cluster ? cluster : undefined };
}

/** Whether the key concerns a run that needs this, when it makes one of these calls. */
export function concerns(key: HoldKey, needs: Needs, operations: readonly string[]): boolean {
  const { sessionKey, cluster, roles, chosen } = needs;
  if (key.session !== sessionKey) return false;
  switch (key.kind) {
    case 'credentials':
      return true;
    case 'service':
      // RunTask sits out an illness by itself, and what is ill of a preparation need not be of a
      // launch.
      return operations.some(
        (operation) => operation !== 'RunTask' && isServedBy(operation, key.service),
      );
    case 'right':
      if (!operations.includes(key.operation)) return false;
      if (key.action === passRole)
        return key.resource === undefined || roles.includes(key.resource);
      return key.action !== runTask || key.resource === (chosen.cluster ? cluster : undefined);
  }
}

/** Reads of Prefect are their own service; a role is assumed with whatever call comes first. */
function isServedBy(operation: string, service: string): boolean {
  return operation === service || service === 'sts' || serviceOf(operation) === service;
}

/**
 * Whether the run itself, or its deployment, named the role, the cluster or the credentials that
 * the key is about.
 */
export function isRunsOwn(key: HoldKey, { chosen }: Pick<Needs, 'chosen'>): boolean {
  if (chosen.credentials) return true;
  if (key.kind !== 'right' || key.resource === undefined) return false;
  return key.action === passRole ? chosen.roles.includes(key.resource) : chosen.cluster;
}

/**
 * Whether no run at all can be launched while it is denied. Only then is the worker not ready: what
 * stops some runs must not take the worker out of service (worker.md 8.5.3).
 */
export function stopsEveryRun(key: HoldKey, isOwn: boolean): boolean {
  if (isOwn || key.kind === 'service') return false;
  if (key.kind === 'credentials') return true;
  return (
    key.resource === undefined &&
    (key.action === runTask || key.action === 'ecs:RegisterTaskDefinition')
  );
}

/**
 * Whether a call without a run tells as much as a launch would: RunTask of a definition that there
 * cannot be.
 */
export function isProbedWithoutRun(key: HoldKey): boolean {
  return key.kind === 'credentials' || (key.kind === 'right' && key.action === runTask);
}
