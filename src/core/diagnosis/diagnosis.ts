import { diagnosisEntries, type DiagnosisCode, type DiagnosisEntry } from './diagnosis-codes.ts';
import type { Finding } from './diagnosis-finding.ts';
import { codesOfForcedStops, ruleFor, saysNothing } from './diagnosis-rules.ts';
import { findingInExit } from './exit-diagnosis.ts';
import { oneLine } from './one-line.ts';
import { causeOfStartTimeout, startTimeoutIn } from './start-timeout.ts';
import { awaitedProvider } from '../task/own-provider.ts';
import { rankOf } from '../task/task-phase.ts';
import { withoutAgents } from '../task/aws-agent.ts';
import type { EcsContainer, EcsTask } from '../task/task.ts';

/** Why a task died: a stable code, its cause in one line, what to do, where to read on. */
export interface Diagnosis extends DiagnosisEntry {
  readonly code: DiagnosisCode;
}

/** How the task came to its end, as far as its follower knows and the task does not tell. */
export type TaskFate =
  | { readonly kind: 'stopped' }
  /** ECS no longer knows the task. */
  | { readonly kind: 'vanished' }
  /** Its process is over, its flow run is not. */
  | { readonly kind: 'zombie' }
  /** `lastStatus`: the last one before StopTask. */
  | {
      readonly kind: 'start-timed-out';
      readonly elapsedSeconds: number;
      readonly lastStatus: string;
    };

export interface DiagnosisContext {
  /** The container that runs Prefect. */
  readonly containerName: string;
  readonly fate: TaskFate;
  /**
   * The container's last log lines, if they were read: a wrong architecture is told nowhere else.
   */
  readonly lastLines?: readonly string[] | undefined;
}

/** ECS's texts are 1,024 characters at most; what is longer is no text of ECS. */
const longestText = 4096;

/** Why a task died. Never throws, whatever the texts say. `told` undefined: it was never seen. */
export function diagnose(told: EcsTask | undefined, context: DiagnosisContext): Diagnosis {
  const task = told && { ...told, containers: withoutAgents(told.containers) };
  const { code, cause } = findingFor(task, context);
  const entry: DiagnosisEntry = diagnosisEntries[code];
  return { ...entry, code, cause: cause ?? entry.cause };
}

function findingFor(
  task: EcsTask | undefined,
  { containerName, fate, lastLines }: DiagnosisContext,
): Finding {
  switch (fate.kind) {
    case 'zombie':
      // A process that ends well when it is told to says nothing of why it was told: ECS does.
      return (
        (task && findingInWords(task, ownContainer(task, containerName))) ?? { code: 'ecs.zombie' }
      );
    case 'start-timed-out':
      return lateStart(task && awaitedProvider(task), fate);
    case 'vanished':
      // It may have been seen on its way to its end, with the reason.
      return (
        (task && findingInWords(task, ownContainer(task, containerName))) ?? {
          code: 'ecs.vanished',
        }
      );
    case 'stopped':
      return task === undefined
        ? { code: 'ecs.unknown' }
        : findingInStopped(task, ownContainer(task, containerName), lastLines ?? []);
  }
}

function lateStart(
  provider: string | undefined,
  { elapsedSeconds: seconds, lastStatus }: Extract<TaskFate, { readonly kind: 'start-timed-out' }>,
): Finding {
  if (provider === undefined)
    return { code: 'ecs.start_timeout', cause: causeOfStartTimeout(seconds, lastStatus) };
  const cause = `Capacity provider '${oneLine(provider, 255)}' had no instance for the task within ${seconds} s.`;
  return { code: 'ecs.capacity.ec2', cause };
}

function findingInStopped(
  task: EcsTask,
  own: EcsContainer | undefined,
  lastLines: readonly string[],
): Finding {
  return (
    findingInWords(task, own) ??
    findingInLastLines(own, lastLines) ??
    findingInSidecars(task, own) ??
    findingInExit(own) ??
    findingWithoutExit(task, own)
  );
}

/**
 * The container that runs Prefect. A definition of the user's may call it otherwise than we think:
 * then one that failed.
 */
function ownContainer(task: EcsTask, containerName: string): EcsContainer | undefined {
  return (
    task.containers.find((container) => container.name === containerName) ??
    task.containers.find((container) => container.exitCode !== 0) ??
    task.containers[0]
  );
}

function findingInWords(task: EcsTask, own: EcsContainer | undefined): Finding | undefined {
  return findingInTexts(task, own) ?? findingInStopCode(task);
}

/**
 * The container's own reason is the closest to the truth, then the task's. Another container's
 * counts only when this one never ran: otherwise its death is one among others, and
 * `findingInSidecars` asks which came first.
 */
function findingInTexts(task: EcsTask, own: EcsContainer | undefined): Finding | undefined {
  const inOwn = findingInText(own?.reason);
  if (inOwn !== undefined) return inOwn;
  const inTask = findingInText(task.stoppedReason, task);
  if (
    inTask !== undefined &&
    (task.stopCode !== 'UserInitiated' || codesOfForcedStops.includes(inTask.code))
  ) {
    return inTask;
  }
  if (own?.exitCode !== undefined || task.stopCode === 'UserInitiated') return undefined;
  for (const container of task.containers) {
    const found = findingInText(container.reason);
    if (found !== undefined) {
      const { cause } = diagnosisEntries[found.code];
      return { code: found.code, cause: `Container '${nameOf(container)}': ${cause}` };
    }
  }
  return undefined;
}

function findingInText(text: string | undefined, task?: EcsTask): Finding | undefined {
  if (text === undefined) return undefined;
  const line = oneLine(text, longestText);
  const timeout = startTimeoutIn(line);
  if (timeout !== undefined) return timeout;
  const code = ruleFor(line)?.code;
  if (code === undefined) return undefined;
  // ECS uses the same words for both.
  if (code === 'ecs.capacity.fargate')
    return { code: task?.capacityProviderName === 'FARGATE_SPOT' ? 'ecs.capacity.spot' : code };
  if (code === 'ecs.stopped_by_user' || code === 'ecs.stopped_by_service')
    return { code, cause: causeOfStop(code, line) };
  return { code };
}

/** ECS's stop codes are few and sure, but for the two that only say "look at the containers". */
function findingInStopCode(task: EcsTask): Finding | undefined {
  const reason = oneLine(task.stoppedReason ?? '', 300);
  switch (task.stopCode ?? '') {
    case 'UserInitiated':
      return { code: 'ecs.stopped_by_user', cause: causeOfStop('ecs.stopped_by_user', reason) };
    case 'ServiceSchedulerInitiated':
      return {
        code: 'ecs.stopped_by_service',
        cause: causeOfStop('ecs.stopped_by_service', reason),
      };
    case 'SpotInterruption':
      return { code: everRan(task) ? 'ecs.spot.interrupted' : 'ecs.capacity.spot' };
    case 'TerminationNotice':
      if (everRan(task)) return { code: 'ecs.spot.interrupted' };
      // Fargate had no room for it; else it was the instance below it that went.
      return {
        code:
          task.capacityProviderName === 'FARGATE_SPOT' ? 'ecs.capacity.spot' : 'ecs.host_retired',
      };
    case 'InfrastructureHealth':
      return { code: 'ecs.host_retired' };
    default:
      return undefined;
  }
}

function causeOfStop(
  code: 'ecs.stopped_by_user' | 'ecs.stopped_by_service',
  reason: string,
): string {
  if (code === 'ecs.stopped_by_service') {
    const deployment = /\((?:deployment )?([^)]{1,200})\)/.exec(reason)?.[1];
    return deployment === undefined
      ? diagnosisEntries[code].cause
      : `The scheduler of an ECS service stopped the task (deployment ${deployment}).`;
  }
  if (reason === 'Stopped by Prefect worker') return 'A Prefect worker stopped the task.';
  return reason === '' || /^Task stopped by user/i.test(reason)
    ? 'Somebody stopped the task and gave no reason.'
    : `Somebody stopped the task and gave as reason: ${reason}`;
}

/**
 * What the runtime prints when it cannot run a program at all; a program's own lines do not begin
 * so.
 */
const wrongArchitecture =
  /^(?:standard_init_linux\.go:\d{1,9}: )?exec\b.{0,300}: exec format error\b/;

function findingInLastLines(
  own: EcsContainer | undefined,
  lines: readonly string[],
): Finding | undefined {
  const isTold =
    own?.exitCode !== 0 && lines.some((line) => wrongArchitecture.test(oneLine(line, longestText)));
  return isTold ? { code: 'ecs.wrong_architecture' } : undefined;
}

/**
 * Whether another container ended first. ECS then stops the rest with SIGTERM (143), later SIGKILL
 * (137). A sidecar that ended with 0 beside a 137 proves nothing: a good one ends so when it is
 * told to, after this container was killed.
 */
function findingInSidecars(task: EcsTask, own: EcsContainer | undefined): Finding | undefined {
  if (own === undefined || !mayHaveBeenTold(own)) return undefined;
  const first = task.containers.find(
    (container) =>
      container !== own &&
      (container.reason !== undefined || !mayHaveBeenTold(container)) &&
      (container.exitCode !== 0 || own.exitCode !== 137),
  );
  if (first === undefined) return undefined;
  const how = [
    ...(first.exitCode === undefined ? [] : [`exit code ${first.exitCode}`]),
    ...(first.reason === undefined ? [] : [oneLine(first.reason, 300)]),
  ].join(', ');
  return {
    code: 'ecs.essential_container_exited',
    cause: `Container '${nameOf(first)}' ended first (${how}), and ECS stopped the task with it.`,
  };
}

/** It ended by a signal, or never came to run. One that never ran and has a reason died of that. */
function mayHaveBeenTold({ exitCode, reason }: EcsContainer): boolean {
  return exitCode === undefined ? reason === undefined : exitCode === 143 || exitCode === 137;
}

/** No text, no stop code and no exit code that is known. */
function findingWithoutExit(task: EcsTask, own: EcsContainer | undefined): Finding {
  const reasons = [own?.reason, task.stoppedReason].filter((reason) => reason !== undefined);
  const telling = reasons.filter((reason) => !saysNothing.test(reason));
  if (telling.length === 0 && everRan(task)) return { code: 'ecs.agent_lost' };
  const text = [...new Set(telling.length > 0 ? telling : reasons)].join('; ');
  if (text === '') return { code: 'ecs.unknown' };
  return {
    code: 'ecs.unknown',
    cause: `ECS gave a reason that is not known here: ${oneLine(text, 1024)}`,
  };
}

function everRan(task: EcsTask): boolean {
  return (
    task.startedAt !== undefined ||
    isRunning(task) ||
    task.containers.some((container) => container.exitCode !== undefined)
  );
}

function isRunning({ lastStatus }: EcsTask): boolean {
  return rankOf(lastStatus) >= rankOf('RUNNING') && rankOf(lastStatus) < rankOf('STOPPED');
}

function nameOf(container: EcsContainer): string {
  return oneLine(container.name ?? '<unknown>', 255);
}
