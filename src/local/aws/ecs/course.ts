import { noFargateCapacity } from '../capacity/fargate-capacity.ts';
import type { TaskDelays } from './task-delays.ts';

export const outOfMemoryReason = 'OutOfMemoryError: Container killed due to memory usage';
export const hostRetiredReason =
  'Amazon ECS is performing maintenance on the underlying infrastructure hosting the task.';

/** What befalls a task that runs, in milliseconds after it became RUNNING. */
export type Incident =
  /**
   * The kernel kills its first essential container: exit code 137, with a reason that says why
   * (aws-ecs.md B.2).
   */
  | { readonly kind: 'out-of-memory'; readonly afterMs: number }
  /** The notice; two minutes later, unless it has ended by then, the interruption. */
  | { readonly kind: 'spot-interruption'; readonly afterMs: number }
  /** Its host is retired: it is stopped, with SIGTERM and the stop timeout. */
  | { readonly kind: 'host-retired'; readonly afterMs: number }
  /** Its host dies: it is stopped, and nobody learns an exit code. */
  | { readonly kind: 'host-lost'; readonly afterMs: number }
  /** ECS forgets it: MISSING from then on, without a word. */
  | { readonly kind: 'vanish'; readonly afterMs: number };

export interface StartFailure {
  /** Begins with ECS's name for it: `CannotPullContainerError: ...`. */
  readonly reason: string;
  /** The container that says so, too. Default: none for failures of the task as a whole. */
  readonly containerName?: string;
  /** What is said instead of a task on FARGATE_SPOT. */
  readonly reasonOnSpot?: string;
  /** The status in which it fails. */
  readonly during: 'PROVISIONING' | 'ACTIVATING';
}

/** How a task's life departs from what the server does with every task. */
export interface TaskCourse {
  readonly delays?: Partial<TaskDelays>;
  readonly startFailure?: StartFailure;
  readonly incidents?: readonly Incident[];
}

/** The start failures of aws-ecs.md B.2, by name. */
export const startFailures = {
  'image-pull': {
    during: 'ACTIVATING',
    reason:
      'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ' +
      'registry.example/job:1: not found',
  },
  secret: {
    during: 'ACTIVATING',
    reason:
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ' +
      'unable to retrieve secret from asm: service call has been retried 1 time(s)',
  },
  'log-group': {
    during: 'ACTIVATING',
    reason:
      'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to ' +
      'create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.',
  },
  command: {
    during: 'ACTIVATING',
    reason:
      'CannotStartContainerError: Error response from daemon: failed to create task for container: exec: "nowhere": ' +
      'executable file not found in $PATH',
  },
  'network-interface': {
    during: 'PROVISIONING',
    reason: 'Timeout waiting for network interface provisioning to complete.',
  },
  'no-room': { during: 'PROVISIONING', reason: 'RESOURCE:MEMORY', reasonOnSpot: noFargateCapacity },
} as const satisfies Readonly<Record<string, StartFailure>>;

export type StartFailureName = keyof typeof startFailures;

export function reasonFor(failure: StartFailure, capacityProvider: string | undefined): string {
  return (capacityProvider === 'FARGATE_SPOT' ? failure.reasonOnSpot : undefined) ?? failure.reason;
}

/** Failures that the container itself reports, beside the task. */
const saidByContainer =
  /^(CannotPullContainerError|CannotStartContainerError|ContainerRuntimeError)/;

export function isSaidByContainer(reason: string): boolean {
  return saidByContainer.test(reason);
}

/** Both courses in one: what the second says wins, and both sets of incidents happen. */
export function combined(first: TaskCourse, second: TaskCourse): TaskCourse {
  const startFailure = second.startFailure ?? first.startFailure;
  return {
    delays: { ...first.delays, ...second.delays },
    ...(startFailure !== undefined && { startFailure }),
    incidents: [...(first.incidents ?? []), ...(second.incidents ?? [])],
  };
}
