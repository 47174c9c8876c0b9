import { serviceOf, type Denial } from '../diagnosis/denial.ts';
import type { ChosenByRun } from '../job/ecs-job.ts';

const runTask = 'ecs:RunTask';
const passRole = 'iam:PassRole';

/** The parts of a run's AWS access that may be denied. */
export interface Needs {
  /** Credentials and region. */
  readonly sessionKey: string;
  readonly cluster: string | undefined;
  /** ARNs of the task's roles. */
  readonly roles: readonly string[];
  readonly chosen: ChosenByRun;
}

/** What fails or is denied. `session` names the credentials, or Prefect. */
export type HoldKey =
  | { readonly kind: 'service'; readonly session: string; readonly service: string }
  | { readonly kind: 'credentials'; readonly session: string }
  | {
      readonly kind: 'right';
      readonly session: string;
      /** The refused call. Runs that do not make it are not on hold. */
      readonly operation: string;
      readonly action: string;
      /** The cluster that the run chose, or the role. */
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

/** Undefined when the run's own choice is denied: that crashes the run like any of its errors. */
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

/** Whether the key concerns a run with these needs that makes one of these calls. */
export function concerns(key: HoldKey, needs: Needs, operations: readonly string[]): boolean {
  const { sessionKey, cluster, roles, chosen } = needs;
  if (key.session !== sessionKey) return false;
  switch (key.kind) {
    case 'credentials':
      return true;
    case 'service':
      // RunTask has retries of its own for a failing service, and a service that fails during
      // preparation need not fail at the launch.
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

/** Prefect's reads are services by name. STS concerns all: any first call may assume the role. */
function isServedBy(operation: string, service: string): boolean {
  return operation === service || service === 'sts' || serviceOf(operation) === service;
}

/** Whether the run or its deployment chose the role, cluster or credentials of the key. */
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
 * Whether the key can be tested without a run: RunTask with a definition that cannot exist is
 * denied for the same reason as a launch, and can never start a task.
 */
export function isProbedWithoutRun(key: HoldKey): boolean {
  return key.kind === 'credentials' || (key.kind === 'right' && key.action === runTask);
}
