import { sessionIn } from '../../run/adopt/find-task.ts';
import { asksForDeregistration } from '../../core/events/related-resources.ts';
import { parseTaskArn } from '../../core/task/task-arn.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import { deregisterUnlessInactive } from '../../run/tasks/deregister.ts';
import type { UnownedPorts } from './unowned-crash.ts';

const rememberedDefinitions = 1_000;

/**
 * Deregisters definitions of stopped tasks that asked for it. ECS names both the task and its
 * definition: a forged message could otherwise deregister a running service's (worker.md 10.9).
 */
export class UnownedDefinitions {
  readonly #ports: Pick<UnownedPorts, 'aws' | 'definitions' | 'workerLog'>;
  /**
   * Definitions already deregistered. A revision never becomes active again, so a redelivered
   * message costs no second call.
   */
  readonly #deregistered = new LruMap<string, true>(rememberedDefinitions);

  constructor(ports: Pick<UnownedPorts, 'aws' | 'definitions' | 'workerLog'>) {
    this.#ports = ports;
  }

  async deregisterIfAsked(task: EcsTask, signal: AbortSignal): Promise<void> {
    if (!asksForDeregistration(task.tags)) return;
    const { aws, definitions, workerLog } = this.#ports;
    const { taskDefinitionArn } = task;
    const region = parseTaskArn(task.taskArn)?.region;
    if (taskDefinitionArn === undefined)
      return workerLog.debug('A stopped task names no task definition');
    if (this.#deregistered.get(taskDefinitionArn) !== undefined) return;
    // a run that this worker follows still uses it
    if (!definitions.hold(taskDefinitionArn).release(true)) return;
    const session = await sessionIn(region, undefined, { aws }, signal);
    await deregisterUnlessInactive(taskDefinitionArn, session, signal);
    this.#deregistered.set(taskDefinitionArn, true);
    workerLog.info(`Task definition ${taskDefinitionArn} successfully deregistered`);
  }
}
