import { saysNothing } from './diagnosis-rules.ts';
import { diagnose } from './diagnosis.ts';
import type { DiagnosisCode } from './diagnosis-codes.ts';
import { withoutAgents } from '../task/aws-agent.ts';
import type { EcsTask } from '../task/task.ts';
import { verdictFor } from '../task/verdict.ts';

/** Why a task failed before user code ran, if a relaunch may succeed. */
export interface StartFailure {
  /** `capacity`: there was no capacity. `transient`: a temporary AWS failure. */
  readonly kind: 'capacity' | 'transient';
  /** In ECS's own words. */
  readonly reason: string;
  /** Sentences to show instead of `reason`. Undefined: `reason` is shown as it is. */
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
 * Judges a STOPPED task. Undefined if it ran or may have run, if it was stopped on request, or if a
 * relaunch would fail the same way. Only a task that has neither a start time nor an exit code
 * certainly ran no user code; relaunching any other could run a flow twice.
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

/** ECS records some reasons only on the container; the task's reason is then empty of content. */
function reasonIn(
  { stoppedReason, containers }: EcsTask,
  containerName: string,
): string | undefined {
  if (stoppedReason !== undefined && !saysNothing.test(stoppedReason)) return stoppedReason;
  return containers.find(({ name }) => name === containerName)?.reason ?? stoppedReason;
}
