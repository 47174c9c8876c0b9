import type { TaskCourse } from './course.ts';

/** A container of a task, after overrides. */
export interface ContainerPlan {
  readonly name: string;
  readonly image: string;
  readonly isEssential: boolean;
  /** `entryPoint` and `command` together, as argv. Empty: neither is given. */
  readonly command: readonly string[];
  /** The definition's variables, then those of the overrides. */
  readonly environment: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
}

export interface TaskPlan {
  readonly taskId: string;
  readonly taskArn: string;
  readonly clusterName: string;
  readonly family: string;
  readonly startedBy: string | undefined;
  readonly launchType: string;
  readonly capacityProviderName: string | undefined;
  /**
   * With `dependsOn` a task starts in several calls, each with the containers that may start now.
   */
  readonly containers: readonly ContainerPlan[];
}

/** How a container ended. Without an exit code it is unknown, and none is invented. */
export interface ContainerExit {
  readonly exitCode: number | undefined;
  readonly reason?: string;
}

export interface RunningContainer {
  readonly name: string;
  readonly exited: Promise<ContainerExit>;
  /** SIGTERM. */
  stop(): void;
  /** SIGKILL. */
  kill(): void;
}

export type StartOutcome =
  | {
      readonly kind: 'started';
      readonly containers: readonly RunningContainer[];
      readonly cleanUp: () => Promise<void>;
    }
  /** `reason` begins with ECS's name for the failure, e.g. `CannotPullContainerError: ...`. */
  | { readonly kind: 'failed'; readonly containerName: string; readonly reason: string };

/** Runs the containers of a task: as processes of this machine, or by a script in a test. */
export interface TaskExecutor extends AsyncDisposable {
  /** Asked once a task, when RunTask has accepted it. The plan contains all of its containers. */
  course?(plan: TaskPlan): TaskCourse;
  start(plan: TaskPlan): Promise<StartOutcome>;
  /** The task has stopped or vanished, whether or not it ever started. */
  forget?(taskId: string): void;
}
