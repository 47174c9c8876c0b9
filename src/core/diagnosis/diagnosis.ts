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

/** Why a task died: a stable code, the cause in one line, advice, and a page to read. */
export interface Diagnosis extends DiagnosisEntry {
  readonly code: DiagnosisCode;
}

/** How the task ended, as its follower knows it. ECS's description of the task lacks this. */
export type TaskFate =
  | { readonly kind: 'stopped' }
  /** ECS no longer knows the task. */
  | { readonly kind: 'vanished' }
  /** The process exited, but the flow run has no final state. */
  | { readonly kind: 'zombie' }
  /** `lastStatus`: the task's last status before StopTask. */
  | {
      readonly kind: 'start-timed-out';
      readonly elapsedSeconds: number;
      readonly lastStatus: string;
    };

export interface DiagnosisContext {
  /** The container that runs Prefect. */
  readonly containerName: string;
  readonly fate: TaskFate;
  /** The container's last log lines, if read. Only they reveal a wrong CPU architecture. */
  readonly lastLines?: readonly string[] | undefined;
}

/** ECS's own texts have at most 1,024 characters. */
const longestText = 4096;

/** Why a task died. Never throws. `seen` is undefined when the task was never seen. */
export function diagnose(seen: EcsTask | undefined, context: DiagnosisContext): Diagnosis {
  const task = seen && { ...seen, containers: withoutAgents(seen.containers) };
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
      // A process that exits with 0 after SIGTERM hides why it was stopped; ECS's texts show it.
      return (
        (task && findingInWords(task, ownContainer(task, containerName))) ?? { code: 'ecs.zombie' }
      );
    case 'start-timed-out':
      return lateStart(task && awaitedProvider(task), fate);
    case 'vanished':
      // The last description may already contain the reason of the stop.
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
  const cause =
    `The task was stopped because capacity provider '${oneLine(provider, 255)}' had no instance ` +
    `for it within ${seconds} s.`;
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
 * The container that runs Prefect. In a user's own definition it may have another name: then the
 * first container that failed.
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
 * Prefers the Prefect container's own reason, then the task's. Another container's reason counts
 * only if the Prefect container never ran; otherwise `findingInSidecars` decides which died first.
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
  // ECS uses the same text for Fargate and Fargate Spot.
  if (code === 'ecs.capacity.fargate')
    return { code: task?.capacityProviderName === 'FARGATE_SPOT' ? 'ecs.capacity.spot' : code };
  if (code === 'ecs.stopped_by_user' || code === 'ecs.stopped_by_service')
    return { code, cause: causeOfStop(code, line) };
  return { code };
}

/** Stop codes are reliable, except two that only mean "look at the containers" (the default). */
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
      // On Fargate Spot there was no capacity; elsewhere the task's instance was terminated.
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
    ? 'The task was stopped with StopTask, without a reason.'
    : `The task was stopped with StopTask, for the reason '${reason}'.`;
}

/**
 * The runtime's line when it cannot run the program. Anchored: a program may print similar text.
 */
const wrongArchitecture =
  /^(?:standard_init_linux\.go:\d{1,9}: )?exec\b.{0,300}: exec format error\b/;

function findingInLastLines(
  own: EcsContainer | undefined,
  lines: readonly string[],
): Finding | undefined {
  const isWrong =
    own?.exitCode !== 0 && lines.some((line) => wrongArchitecture.test(oneLine(line, longestText)));
  return isWrong ? { code: 'ecs.wrong_architecture' } : undefined;
}

/**
 * Whether another container exited first. ECS then stops the others with SIGTERM (143), later
 * SIGKILL (137). A sidecar with exit code 0 beside a Prefect container with 137 proves nothing: a
 * well-behaved sidecar exits with 0 when ECS stops it after the Prefect container was killed.
 */
function findingInSidecars(task: EcsTask, own: EcsContainer | undefined): Finding | undefined {
  if (own === undefined || !mayHaveBeenStopped(own)) return undefined;
  const first = task.containers.find(
    (container) =>
      container !== own &&
      (container.reason !== undefined || !mayHaveBeenStopped(container)) &&
      (container.exitCode !== 0 || own.exitCode !== 137),
  );
  if (first === undefined) return undefined;
  const how = [
    ...(first.exitCode === undefined ? [] : [`exit code ${first.exitCode}`]),
    ...(first.reason === undefined ? [] : [oneLine(first.reason, 300)]),
  ].join(', ');
  return {
    code: 'ecs.essential_container_exited',
    cause: `Container '${nameOf(first)}' exited first (${how}), so ECS stopped the whole task.`,
  };
}

/** It exited on a signal, or never ran. One that never ran but has a reason failed by itself. */
function mayHaveBeenStopped({ exitCode, reason }: EcsContainer): boolean {
  return exitCode === undefined ? reason === undefined : exitCode === 143 || exitCode === 137;
}

/** For a task with no known text, stop code or exit code. */
function findingWithoutExit(task: EcsTask, own: EcsContainer | undefined): Finding {
  const reasons = [own?.reason, task.stoppedReason].filter((reason) => reason !== undefined);
  const telling = reasons.filter((reason) => !saysNothing.test(reason));
  if (telling.length === 0 && everRan(task)) return { code: 'ecs.agent_lost' };
  const text = [...new Set(telling.length > 0 ? telling : reasons)].join('; ');
  if (text === '') return { code: 'ecs.unknown' };
  return {
    code: 'ecs.unknown',
    cause: `The task stopped for a reason that this worker does not recognize: '${oneLine(text, 1024)}'.`,
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
