import type { TaskCourse } from './course.ts';

/** A container of a task, as definition and overrides make it. */
export interface ContainerPlan {
  readonly name: string;
  readonly image: string;
  readonly isEssential: boolean;
  /** `entryPoint` and `command` together, as argv; empty: neither is given. */
  readonly command: readonly string[];
  /** Definition's variables, then the overrides'. */
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
  /** With `dependsOn` a task starts in several calls, each with the containers whose turn it is. */
  readonly containers: readonly ContainerPlan[];
}

/** How a container ended. No exit code: nobody knows it, and none is made up. */
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
  /**
   * `reason` begins with the name that ECS gives to such a failure, e.g. `CannotPullContainerError:
   * ...`.
   */
  | { readonly kind: 'failed'; readonly containerName: string; readonly reason: string };

/** What runs the containers of a task: processes of this machine, or a script in a test. */
export interface TaskExecutor extends AsyncDisposable {
  /** Asked once a task, when RunTask has accepted it; the plan has all of its containers. */
  course?(plan: TaskPlan): TaskCourse;
  start(plan: TaskPlan): Promise<StartOutcome>;
  /** The task has stopped or vanished, whether it ever started or not. */
  forget?(taskId: string): void;
}
