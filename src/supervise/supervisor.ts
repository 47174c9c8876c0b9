import { reasonOfStartTimeout } from '../core/outcome/start-timeout.ts';
import { AwsCallError } from '../core/outcome/aws-error.ts';
import { toError } from '../kernel/errors.ts';
import type { TaskGroup } from '../kernel/task-group.ts';
import type { LaunchedTask, TaskEnd, TaskFollower } from '../run/run-ports.ts';
import { sweep } from './sweep.ts';
import type { SupervisorPorts, TaskBatch } from './task-batch.ts';
import { observe, startedAfterAll, startWatch, type TaskFact, type Watch } from './watch.ts';

interface Record {
  readonly task: LaunchedTask;
  watch: Watch;
  readonly end: (end: TaskEnd) => void;
}

/**
 * Follows every task from RunTask to STOPPED, one record a claim (ecs-worker.md 0.3). Invariants:
 * 1. a record is in exactly one batch, and leaves it when its end is told or its follower lets go;
 * 2. an end is told once;
 * 3. a batch is swept by exactly one loop, which lives while the batch has records;
 * 4. N tasks of a batch cost N/100 calls a round, never one each.
 */
export class Supervisor implements TaskFollower {
  readonly #ports: SupervisorPorts;
  readonly #group: TaskGroup;
  readonly #batches = new Map<string, Map<string, Record>>();

  constructor(ports: SupervisorPorts, group: TaskGroup) {
    this.#ports = ports;
    this.#group = group;
  }

  /** How many tasks are followed now. */
  get following(): number {
    let count = 0;
    for (const records of this.#batches.values()) count += records.size;
    return count;
  }

  follow(task: LaunchedTask, signal: AbortSignal): Promise<TaskEnd> {
    if (signal.aborted) return Promise.reject(toError(signal.reason));
    return new Promise((resolve, reject) => {
      const letGo = (): void => {
        this.#drop(task);
        reject(toError(signal.reason));
      };
      signal.addEventListener('abort', letGo, { once: true });
      this.#add({
        task,
        watch: startWatch(task.launchedAtMs, task.startTimeoutSeconds),
        end: (end) => {
          signal.removeEventListener('abort', letGo);
          this.#drop(task);
          resolve(end);
        },
      });
      task.log.info('Waiting for ECS task run to start...');
    });
  }

  #add(record: Record): void {
    const key = batchKey(record.task);
    const known = this.#batches.get(key);
    if (known !== undefined) {
      known.set(record.task.taskArn, record);
      return;
    }
    const records = new Map([[record.task.taskArn, record]]);
    this.#batches.set(key, records);
    this.#group.spawn(`sweep ${record.task.clusterArn}`, async (signal) => {
      while (records.size > 0) await sweep(this.#batchOf(record.task, records), this.#ports, signal);
      // No await between the look and this: a task that comes later finds no batch and starts a new loop.
      this.#batches.delete(key);
    });
  }

  #drop(task: LaunchedTask): void {
    const records = this.#batches.get(batchKey(task));
    if (records?.get(task.taskArn)?.task === task) records.delete(task.taskArn);
  }

  #batchOf(first: LaunchedTask, records: Map<string, Record>): TaskBatch {
    return {
      session: first.session,
      cluster: first.clusterArn,
      taskArns: () => {
        const all = [...records.values()];
        const starting = all.filter((record) => !record.watch.wasRunning);
        const running = all.filter((record) => record.watch.wasRunning);
        return [...starting, ...running].map((record) => record.task.taskArn);
      },
      intervalMs: () =>
        Math.min(...[...records.values()].map((record) => record.task.pollIntervalSeconds * 1000)),
      tell: async (taskArn, fact) => {
        const record = records.get(taskArn);
        if (record !== undefined) await this.#tell(record, fact);
      },
    };
  }

  async #tell(record: Record, fact: TaskFact): Promise<void> {
    const step = observe(record.watch, fact);
    if (step.changedTo !== undefined) record.task.log.info(`ECS task status is ${step.changedTo}.`);
    switch (step.kind) {
      case 'watching':
        if (step.watch.wasRunning && !record.watch.wasRunning) record.task.onRunning();
        record.watch = step.watch;
        return;
      case 'ended':
        record.end(step.end);
        return;
      case 'overdue':
        record.watch = step.watch;
        await this.#stopOverdue(record);
        return;
    }
  }

  /** Stops a task that did not start in time. Its end is told when an answer shows that ECS means to stop it. */
  async #stopOverdue(record: Record): Promise<void> {
    const { task } = record;
    try {
      const { flowRun } = await this.#ports.runStates.see(task.flowRun.id);
      if (flowRun?.stateType === 'RUNNING') {
        record.watch = startedAfterAll(record.watch);
        return;
      }
      const reason = reasonOfStartTimeout(task.startTimeoutSeconds ?? 0);
      const stopped = await task.session.stopTask(task.clusterArn, task.taskArn, reason, this.#group.signal);
      if (stopped !== undefined) {
        await this.#tell(record, { kind: 'seen', task: stopped, askedAtMs: this.#ports.clock.monotonicMs() });
      }
    } catch (error) {
      this.#group.signal.throwIfAborted();
      const code = error instanceof AwsCallError ? error.name : toError(error).message;
      task.log.warning(
        `Could not stop ECS task '${task.taskArn}' that did not start in time; it is tried again.`,
        {
          error: code,
        },
      );
    }
  }
}

function batchKey(task: LaunchedTask): string {
  return `${task.session.key}|${task.clusterArn}`;
}
