import { saysNothing } from './diagnosis-rules.ts';
import { diagnose } from './diagnosis.ts';
import type { DiagnosisCode } from './diagnosis-codes.ts';
import { withoutAgents } from '../task/aws-agent.ts';
import type { EcsTask } from '../task/task.ts';
import { verdictFor } from '../task/verdict.ts';

/** Why a task that never ran user code did not start, where another launch may do better. */
export interface StartFailure {
  /** `capacity`: there was no room for it. `transient`: AWS stumbled. */
  readonly kind: 'capacity' | 'transient';
  /** In ECS's own words. */
  readonly reason: string;
  /** Sentences for people that stand for the reason; undefined: it is told as it is. */
  readonly words?: string;
}

const kinds: ReadonlyMap<DiagnosisCode, StartFailure['kind']> = new Map([
  ['ecs.capacity.ec2', 'capacity'],
  ['ecs.capacity.fargate', 'capacity'],
  ['ecs.capacity.quota', 'capacity'],
  ['ecs.capacity.spot', 'capacity'],
  ['ecs.network.eni_timeout', 'transient'],
  ['ecs.image_pull.throttled', 'transient'],
  ['ecs.image_pull.timeout', 'transient'],
  ['ecs.agent_lost', 'transient'],
  ['ecs.host_retired', 'transient'],
]);

/**
 * Judges a STOPPED task. Undefined: it ran, or may have, or somebody stopped it, or the next one
 * would fail in the same way. Only a task without exit code and without start is known not to have
 * run user code.
 */
export function startFailureOf(
  task: EcsTask,
  containerName: string,
  wasRunning: boolean,
): StartFailure | undefined {
  if (withoutAgents(task.containers).some(({ exitCode }) => exitCode !== undefined))
    return undefined;
  if (verdictFor(task, containerName, wasRunning).kind !== 'never-started') return undefined;
  const { code } = diagnose(task, { containerName, fate: { kind: 'stopped' } });
  const kind = kinds.get(code);
  return kind === undefined ? undefined : { kind, reason: reasonIn(task, containerName) ?? code };
}

/**
 * ECS tells some reasons to the container alone, and says of the task no more than that there is
 * one.
 */
function reasonIn(
  { stoppedReason, containers }: EcsTask,
  containerName: string,
): string | undefined {
  if (stoppedReason !== undefined && !saysNothing.test(stoppedReason)) return stoppedReason;
  return containers.find(({ name }) => name === containerName)?.reason ?? stoppedReason;
}
