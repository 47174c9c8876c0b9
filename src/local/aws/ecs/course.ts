import { noFargateCapacity } from '../capacity/fargate-capacity.ts';
import type { TaskDelays } from './task-delays.ts';

export const outOfMemoryReason = 'OutOfMemoryError: Container killed due to memory usage';
export const hostRetiredReason =
  'Amazon ECS is performing maintenance on the underlying infrastructure hosting the task.';

/** What happens to a running task, in milliseconds after it became RUNNING. */
export type Incident =
  /**
   * The kernel kills its first essential container: exit code 137, with a reason that says why
   * (aws-ecs.md B.2).
   */
  | { readonly kind: 'out-of-memory'; readonly afterMs: number }
  /** The notice. Two minutes later follows the interruption, unless the task has ended by then. */
  | { readonly kind: 'spot-interruption'; readonly afterMs: number }
  /** The host is retired: the task is stopped with SIGTERM and the stop timeout. */
  | { readonly kind: 'host-retired'; readonly afterMs: number }
  /** The host dies: the task is stopped without an exit code. */
  | { readonly kind: 'host-lost'; readonly afterMs: number }
  /** ECS forgets the task: MISSING from then on, without an event. */
  | { readonly kind: 'vanish'; readonly afterMs: number };

export interface StartFailure {
  /** Begins with ECS's name for the failure: `CannotPullContainerError: ...`. */
  readonly reason: string;
  /** The container that also reports the reason. Default: none for failures of the whole task. */
  readonly containerName?: string;
  /** The reason for a task on FARGATE_SPOT, if different. */
  readonly reasonOnSpot?: string;
  /** The status in which it fails. */
  readonly during: 'PROVISIONING' | 'ACTIVATING';
}

/** How one task differs from the server's usual behaviour. */
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
      'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to ' +
      'resolve ref registry.example/job:1: not found',
  },
  secret: {
    during: 'ACTIVATING',
    reason:
      'ResourceInitializationError: unable to pull secrets or registry auth: execution ' +
      'resource retrieval failed: unable to retrieve secret from asm: service call has been ' +
      'retried 1 time(s)',
  },
  'log-group': {
    during: 'ACTIVATING',
    reason:
      'ResourceInitializationError: failed to validate logger args: create stream has been ' +
      'retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The ' +
      'specified log group does not exist.',
  },
  command: {
    during: 'ACTIVATING',
    reason:
      'CannotStartContainerError: Error response from daemon: failed to create task for ' +
      'container: exec: "nowhere": executable file not found in $PATH',
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

/** Failures that the container reports, too. */
const saidByContainer =
  /^(CannotPullContainerError|CannotStartContainerError|ContainerRuntimeError)/;

export function isSaidByContainer(reason: string): boolean {
  return saidByContainer.test(reason);
}

/** Both courses in one: the second one's values win, and the incidents of both happen. */
export function combined(first: TaskCourse, second: TaskCourse): TaskCourse {
  const startFailure = second.startFailure ?? first.startFailure;
  return {
    delays: { ...first.delays, ...second.delays },
    ...(startFailure !== undefined && { startFailure }),
    incidents: [...(first.incidents ?? []), ...(second.incidents ?? [])],
  };
}
