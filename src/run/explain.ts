import { ecsConsoleLink } from '../core/outcome/console-links.ts';
import { diagnose, type TaskFate } from '../core/outcome/diagnosis.ts';
import type { EcsTask } from '../core/outcome/task.ts';
import type { Logger } from '../kernel/logger.ts';
import type { TaskEnd } from './run-ports.ts';

/** Tells an operator why a task died, what to do, and where to look; `isZombie`: its run outlived it. */
export function explainEnd(end: TaskEnd, containerName: string, isZombie: boolean, log: Logger): void {
  const task = taskOf(end);
  const { code, cause, advice, documentation } = diagnose(task, {
    containerName,
    fate: fateOf(end, isZombie),
  });
  const link = task === undefined ? undefined : ecsConsoleLink(task);
  const where = link === undefined ? '' : ` Task: ${link}`;
  log.error(`${code}: ${cause} ${advice} See ${documentation}${where}`);
}

function taskOf(end: TaskEnd): EcsTask | undefined {
  return end.kind === 'stopped' ? end.task : end.lastSeen;
}

function fateOf(end: TaskEnd, isZombie: boolean): TaskFate {
  if (isZombie) return { kind: 'zombie' };
  if (end.kind !== 'start-timed-out') return { kind: end.kind };
  const { elapsedSeconds, lastSeen } = end;
  return { kind: 'start-timed-out', elapsedSeconds, lastStatus: lastSeen?.lastStatus ?? 'UNKNOWN' };
}
