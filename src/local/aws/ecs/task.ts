import type { Cluster } from './clusters.ts';
import type { TaskCourse } from './course.ts';
import type { ContainerInstance } from '../capacity/container-instances.ts';
import type { RunTaskInput } from './run-task-input.ts';
import type { StopRequest } from './stop-request.ts';
import type { Tag } from './tags.ts';
import type { TaskDefinition } from './task-definitions.ts';

export type LaunchType = 'EC2' | 'FARGATE' | 'EXTERNAL' | 'MANAGED_INSTANCES';

export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED';

export type { StopRequest };

export interface ContainerState {
  readonly name: string;
  readonly image: string;
  readonly containerId: string;
  readonly lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED';
  readonly runtimeId: string | undefined;
  readonly exitCode: number | undefined;
  readonly reason: string | undefined;
}

export interface TaskTimes {
  readonly createdAt: Date;
  readonly connectivityAt?: Date;
  readonly pullStartedAt?: Date;
  readonly pullStoppedAt?: Date;
  readonly startedAt?: Date;
  readonly stoppingAt?: Date;
  readonly executionStoppedAt?: Date;
  readonly stoppedAt?: Date;
}

/**
 * The changing part of a task. Replaced as a whole at each change, so that a stale read can return
 * an older one.
 */
export interface TaskState {
  readonly lastStatus: TaskStatus;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly version: number;
  readonly containers: readonly ContainerState[];
  readonly times: TaskTimes;
  readonly stop: StopRequest | undefined;
  readonly updatedAt: Date;
}

/** Where a task was placed. */
export interface Placement {
  readonly launchType: LaunchType;
  readonly capacityProvider: string | undefined;
  readonly zone: string;
  readonly subnetId: string | undefined;
  /** EC2 only. Undefined while the capacity provider has no room for it. */
  readonly instance: ContainerInstance | undefined;
}

/** One task of the local ECS. Only its own life, tag operations and StopTask may change it. */
export interface Task {
  readonly id: string;
  readonly arn: string;
  /** Counts the tasks of an account. ListTasks pages follow it. */
  readonly sequence: number;
  readonly cluster: Cluster;
  readonly definition: TaskDefinition;
  readonly input: RunTaskInput;
  readonly attachmentId: string;
  course: TaskCourse;
  placement: Placement;
  state: TaskState;
  tags: readonly Tag[];
  /** Older states, oldest first, while stale reads are in use. */
  history: TaskState[] | undefined;
}

/** A task's status only ever goes up in rank (aws-ecs.md B.1). */
export function isLive(state: TaskState): boolean {
  return state.lastStatus !== 'STOPPED';
}

/** The state after a change that AWS announces. */
export function nextState(
  state: TaskState,
  change: Partial<TaskState>,
  times: Partial<TaskTimes>,
  updatedAt: Date,
): TaskState {
  return {
    ...state,
    ...change,
    times: { ...state.times, ...times },
    version: state.version + 1,
    updatedAt,
  };
}
