import { flowRunIdTag, type TaskTags } from '../../core/events/related-resources.ts';
import { isForgottenBy } from '../../core/events/rumour.ts';
import { detailOf, ownerOf } from '../../core/events/stopped-by-ecs.ts';
import { parseTaskArn } from '../../core/task/task-arn.ts';
import type { EcsTask } from '../../core/task/task.ts';
import type { QueueMessage, TaskEvent } from '../../core/events/task-event-message.ts';
import { toError } from '../../kernel/errors.ts';
import type { ActiveRuns } from '../../run/shared/active-runs.ts';
import type { EventReliability } from '../queue/event-reliability.ts';
import { Replication, type ReplicationPorts, type TaskOwner } from './replication.ts';
import type { HeardTask, Supervisor } from '../tasks/supervisor.ts';
import { tellWaiting, type UnownedTask } from './tell-waiting.ts';
import { crashIfDead, mayMatter } from './unowned-tasks.ts';
import { type StoppedUnowned, type UnownedPorts } from './unowned-crash.ts';
import { UnownedDefinitions } from './deregister-unowned.ts';
import { Witness, type WitnessPorts } from './witness.ts';

export interface TaskEventPorts extends UnownedPorts, ReplicationPorts, WitnessPorts {
  readonly supervisor: Supervisor;
  readonly active: Pick<ActiveRuns, 'find' | 'secrets'>;
  readonly reliability: EventReliability;
}

/**
 * Handles one message of the queue (worker.md 10.4). A message is only a rumour: it is sent to
 * Prefect as an event, and it names a task to ask ECS about. If this worker follows the run, the
 * supervisor asks. For any other run, nothing ends, is deregistered or copied before ECS confirms
 * it (worker.md 10.11). Rejects when the message must stay in the queue; everything done by then
 * may be done again.
 */
export class TaskEvents {
  readonly #ports: TaskEventPorts;
  readonly #replication: Replication;
  readonly #witness: Witness;
  readonly #definitions: UnownedDefinitions;

  constructor(ports: TaskEventPorts) {
    this.#ports = ports;
    this.#replication = new Replication(ports);
    this.#witness = new Witness(ports);
    this.#definitions = new UnownedDefinitions(ports);
  }

  async handle(message: QueueMessage, signal: AbortSignal): Promise<void> {
    const { log } = this.#ports;
    switch (message.kind) {
      case 'empty':
        return log.debug('Deleted a message without a body from the task event queue');
      case 'unreadable':
        return log.warning(
          'Deleted a message that is not a JSON object from the task event queue. Only an ' +
            'EventBridge rule should send to it.',
        );
      case 'other':
        return log.debug('Deleted an event of another kind', {
          detailType: message.detailType,
        });
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
      supervisor.hear(this.#heard(event, task));
      return this.#replication.report(event, task, {
        kind: 'ours',
        flowRun: followed.flowRun,
        workerName: followed.workerName,
      });
    }
    switch (identity.kind) {
      case 'foreign':
        return log.debug('Deleted an event of a task that is not a Prefect task', {
          taskArn: task.taskArn,
        });
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
        const tags = await this.#witness.tagsOf(task.taskArn, signal);
        const flowRunId = tags?.[flowRunIdTag];
        if (flowRunId === undefined)
          return log.debug(
            'Deleted an event of a task that no longer exists or is not a Prefect task',
            {
              taskArn: task.taskArn,
            },
          );
        return this.#handleRun({ event, task, flowRunId, mark: undefined }, tags, signal);
      }
    }
  }

  async #handleRun(
    run: UnownedTask,
    tags: TaskTags | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { event, task, flowRunId, mark } = run;
    const { active, supervisor, worker } = this.#ports;
    const inHand = active.find(flowRunId, mark?.launchId);
    if (inHand !== undefined) {
      supervisor.hear(this.#heard(event, task));
      const { flowRun } = inHand;
      return this.#replication.report(event, task, {
        kind: 'ours',
        flowRun,
        workerName: worker().name,
      });
    }
    const owner: TaskOwner =
      tags === undefined ? { kind: 'run', flowRunId } : { kind: 'tagged', tags };
    return allOf([
      this.#replication.report(event, task, owner),
      ...(task.lastStatus === 'PENDING' || task.lastStatus === 'PROVISIONING'
        ? [this.#tellWaiting(run, signal)]
        : []),
      ...(task.lastStatus === 'STOPPED'
        ? [this.#endUnowned(run, signal)]
        : this.#rememberTags(run, tags, signal)),
    ]);
  }

  /**
   * A stopped task loses its tags, and only the tags show whether its definition must be
   * deregistered. So the tags of a Python worker's task are read while it runs: once, in a call for
   * up to 100 tasks.
   */
  #rememberTags(
    { mark, task }: UnownedTask,
    tags: TaskTags | undefined,
    signal: AbortSignal,
  ): readonly Promise<void>[] {
    if (mark !== undefined || tags !== undefined) return [];
    const remembered = this.#witness.tagsOf(task.taskArn, signal).then(
      () => undefined,
      (error: unknown) => {
        signal.throwIfAborted();
        this.#ports.log.debug('Could not read the tags of a task', {
          error: toError(error).message,
        });
      },
    );
    return [remembered];
  }

  #heard({ occurred }: TaskEvent, task: EcsTask): HeardTask {
    return { task, isOld: isForgottenBy(occurred, this.#ports.clock.now().getTime()) };
  }

  async #tellWaiting(run: UnownedTask, signal: AbortSignal): Promise<void> {
    try {
      await tellWaiting(run, this.#ports, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#ports.log.debug('Could not report that a task is waiting', {
        error: toError(error).message,
      });
    }
  }

  /**
   * Usually another worker has already reported the end of its task. Prefect is checked first, so
   * that such a message costs no AWS call.
   */
  async #endUnowned(run: UnownedTask, signal: AbortSignal): Promise<void> {
    if (run.mark !== undefined && !(await mayMatter(run.flowRunId, this.#ports))) return undefined;
    const { task } = run;
    const testimony = await this.#witness.ofEnd(run.event, signal);
    switch (testimony.kind) {
      case 'nothing':
        return this.#ports.log.debug(`Deleted an event of a stopped task: ${testimony.why}`, {
          taskArn: task.taskArn,
        });
      case 'gone':
        return crashIfDead({ ...run, detail: run.event.detail, isGone: true }, this.#ports, signal);
      case 'stopped':
        return this.#endSeen(testimony.task, signal);
    }
  }

  /** Owner, image and exit come from the task that ECS returned, not from the event. */
  async #endSeen(task: EcsTask, signal: AbortSignal): Promise<void> {
    const owner = ownerOf(task);
    if (
      owner === undefined ||
      this.#ports.active.find(owner.flowRunId, owner.mark?.launchId) !== undefined
    )
      return; // it has no owner, or its own worker handles it
    const stopped: StoppedUnowned = { task, ...owner, detail: detailOf(task), isGone: false };
    // The launcher or the adopter deregisters the definition of a task with our mark. Doing it here
    // as well could take the definition away from a relaunch.
    const deregisters = owner.mark === undefined;
    await allOf([
      crashIfDead(stopped, this.#ports, signal),
      ...(deregisters ? [this.#definitions.deregisterIfAsked(task, signal)] : []),
    ]);
  }
}

/**
 * Waits for all, whatever becomes of the others, then throws the first failure. One denied
 * deregistration must not stop crash detection (worker.md Q27).
 */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw toError(failed.reason);
}
