import type { Task } from './task.ts';

/** A task as tests and users see it: names of variables, never their values. */
export interface TaskView {
  readonly taskArn: string;
  readonly lastStatus: string;
  readonly desiredStatus: string;
  readonly startedBy: string | undefined;
  readonly capacityProvider: string | undefined;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  readonly environmentNames: readonly string[];
  readonly stopCode: string | undefined;
  readonly stoppedReason: string | undefined;
  readonly createdAt: Date;
  /** When the decision to stop it was made. */
  readonly stoppingAt: Date | undefined;
  readonly stoppedAt: Date | undefined;
  readonly exitCodes: Readonly<Record<string, number | undefined>>;
}

/** @internal */
export function taskView(task: Task): TaskView {
  const { state, input } = task;
  return {
    taskArn: task.arn,
    lastStatus: state.lastStatus,
    desiredStatus: state.desiredStatus,
    startedBy: input.startedBy,
    capacityProvider: task.placement.capacityProvider,
    tags: task.tags,
    environmentNames: (input.overrides?.containerOverrides ?? []).flatMap((container) =>
      (container.environment ?? []).map((variable) => variable.name ?? ''),
    ),
    stopCode: state.stop?.code,
    stoppedReason: state.stop?.reason,
    createdAt: state.times.createdAt,
    stoppingAt: state.times.stoppingAt,
    stoppedAt: state.times.stoppedAt,
    exitCodes: Object.fromEntries(state.containers.map(({ name, exitCode }) => [name, exitCode])),
  };
}
