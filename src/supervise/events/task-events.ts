import { flowRunIdTag, type TaskTags } from '../../core/events/related-resources.ts';
import { parseTaskArn } from '../../core/task/task-arn.ts';
import type { QueueMessage, TaskEvent } from '../../core/events/task-event-message.ts';
import { toError } from '../../kernel/errors.ts';
import type { ActiveRuns } from '../../run/shared/active-runs.ts';
import type { EventReliability } from '../queue/event-reliability.ts';
import { Replication, type ReplicationPorts, type TaskOwner } from './replication.ts';
import type { Supervisor } from '../tasks/supervisor.ts';
import { KnownTaskTags } from './task-tags.ts';
import {
  crashIfDead,
  deregisterIfAsked,
  tellWaiting,
  type UnownedPorts,
  type UnownedTask,
} from './unowned-tasks.ts';

export interface TaskEventPorts extends UnownedPorts, ReplicationPorts {
  readonly supervisor: Supervisor;
  readonly active: Pick<ActiveRuns, 'find'>;
  readonly reliability: EventReliability;
}

/**
 * Handles one message of the queue (ecs-worker.md 10.4). Of a run that this process has in hand the event is a fact for
 * the supervisor; any other is handled from the event alone. Rejects when the message is to come back: what was done by
 * then may be done again.
 */
export class TaskEvents {
  readonly #ports: TaskEventPorts;
  readonly #replication: Replication;
  readonly #tags: KnownTaskTags;

  constructor(ports: TaskEventPorts) {
    this.#ports = ports;
    this.#replication = new Replication(ports);
    this.#tags = new KnownTaskTags(ports.aws);
  }

  async handle(message: QueueMessage, signal: AbortSignal): Promise<void> {
    const { log } = this.#ports;
    switch (message.kind) {
      case 'empty':
        return log.debug('A message without body was deleted from the queue of task events');
      case 'unreadable':
        return log.warning(
          'A message that is no JSON object was deleted from the queue of task events. Only an EventBridge rule should ' +
            'send to it.',
        );
      case 'other':
        return log.debug('An event of another kind was deleted', { detailType: message.detailType });
      case 'task':
        return this.#handleTask(message.event, signal);
    }
  }

  async #handleTask(event: TaskEvent, signal: AbortSignal): Promise<void> {
    const { task, identity } = event;
    const { supervisor, reliability, log } = this.#ports;
    if (task === undefined) return log.debug('A task event names no task, or no status');
    const clusterArn = task.clusterArn ?? parseTaskArn(task.taskArn)?.clusterArn;
    if (clusterArn !== undefined) reliability.heard(clusterArn, task);
    const followed = supervisor.followed(task.taskArn);
    if (followed !== undefined) {
      supervisor.hear(task);
      return this.#replication.report(event, task, {
        kind: 'ours',
        flowRun: followed.flowRun,
        workerName: followed.workerName,
      });
    }
    switch (identity.kind) {
      case 'foreign':
        return log.debug('An event of a task that is not Prefect’s was deleted', { taskArn: task.taskArn });
      case 'marked': {
        const { mark } = identity;
        return this.#handleRun({ event, task, flowRunId: mark.flowRunId, mark }, undefined, signal);
      }
      case 'named':
        return this.#handleRun(
          { event, task, flowRunId: identity.flowRunId, mark: undefined },
          undefined,
          signal,
        );
      case 'withheld': {
        const tags = await this.#tags.of(task.taskArn, signal);
        const flowRunId = tags?.[flowRunIdTag];
        if (flowRunId === undefined)
          return log.debug('An event of a task that is gone or not Prefect’s was deleted', {
            taskArn: task.taskArn,
          });
        return this.#handleRun({ event, task, flowRunId, mark: undefined }, tags, signal);
      }
    }
  }

  async #handleRun(run: UnownedTask, tags: TaskTags | undefined, signal: AbortSignal): Promise<void> {
    const { event, task, flowRunId, mark } = run;
    const { active, supervisor, worker } = this.#ports;
    const inHand = active.find(flowRunId, mark?.launchId);
    if (inHand !== undefined) {
      supervisor.hear(task);
      const { flowRun } = inHand;
      return this.#replication.report(event, task, { kind: 'ours', flowRun, workerName: worker().name });
    }
    const owner: TaskOwner = tags === undefined ? { kind: 'run', flowRunId } : { kind: 'tagged', tags };
    return allOf([
      this.#replication.report(event, task, owner),
      ...(task.lastStatus === 'PENDING' || task.lastStatus === 'PROVISIONING'
        ? [this.#tellWaiting(run, signal)]
        : []),
      ...(task.lastStatus === 'STOPPED'
        ? [crashIfDead(run, this.#ports, signal), this.#deregister(run, tags, signal)]
        : []),
    ]);
  }

  async #tellWaiting(run: UnownedTask, signal: AbortSignal): Promise<void> {
    try {
      await tellWaiting(run, this.#ports, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#ports.log.debug('Could not tell that a task waits', { error: toError(error).message });
    }
  }

  /** Of our own tasks the follower deregisters, or the adopter: their events cost no call. */
  async #deregister(
    { task, mark }: UnownedTask,
    tags: TaskTags | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    if (mark !== undefined) return;
    const known = tags ?? (await this.#tags.of(task.taskArn, signal));
    await deregisterIfAsked(task, known, this.#ports, signal);
  }
}

/** Waits for all, whatever becomes of the others (Q27); then throws the first failure. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw toError(failed.reason);
}
