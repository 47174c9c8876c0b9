import { hasSpotNotice, spotNoticeLine } from '../../core/events/spot-notice.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { toError } from '../../kernel/errors.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import { whenAborted, type AbortFlag } from '../../kernel/abort.ts';
import type { TaskGroup } from '../../kernel/task-group.ts';
import type { LaunchedTask, TaskEnd, TaskFollower } from '../../run/ports/task-follower.ts';
import { stopOverdue, type OverdueEars, type StopTrouble } from './stop-overdue.ts';
import { sweep } from './sweep.ts';
import type { BatchFacts, SupervisorPorts, TaskBatch } from './task-batch.ts';
import { waitsForMachine, WaitingTasks } from './waiting-tasks.ts';
import { observe, startedAfterAll, startWatch, type TaskFact, type Watch } from './watch.ts';
import { isNewer } from '../../core/task/task-order.ts';

interface Record {
  readonly task: LaunchedTask;
  watch: Watch;
  readonly end: (end: TaskEnd) => void;
  isStopping: boolean;
  /** Undefined: stopping it has not failed. */
  trouble: StopTrouble | undefined;
}

/** Facts that came before their task was followed: RunTask's own answer may be later than the first event. */
const earlyFacts = 1_000;

/**
 * Follows every task from RunTask to STOPPED, one record a claim (ecs-worker.md 0.3). Invariants:
 * 1. a record is in exactly one batch, and leaves it when its end is told or its follower lets go;
 * 2. an end is told once, whichever source tells of it;
 * 3. a batch is swept by exactly one loop, which lives while the batch has records;
 * 4. N tasks of a batch cost N/100 calls a round, never one each.
 */
export class Supervisor implements TaskFollower {
  readonly #ports: SupervisorPorts;
  readonly #group: TaskGroup;
  readonly #records = new Map<string, Record>();
  readonly #batches = new Map<string, Map<string, Record>>();
  readonly #early = new LruMap<string, EcsTask>(earlyFacts);
  readonly #waiting: WaitingTasks<Record>;

  constructor(ports: SupervisorPorts, group: TaskGroup) {
    this.#ports = ports;
    this.#group = group;
    this.#waiting = new WaitingTasks(ports, group);
  }

  follow(task: LaunchedTask, until: AbortFlag): Promise<TaskEnd> {
    if (until.aborted) return Promise.reject(toError(until.reason));
    return new Promise((resolve, reject) => {
      const detach = whenAborted(until, () => {
        this.#drop(task);
        reject(toError(until.reason));
      });
      const record: Record = {
        task,
        watch: startWatch(task.launchedAtMs, task.startTimeoutSeconds, task.judgedFromMs),
        isStopping: false,
        trouble: undefined,
        end: (end) => {
          detach();
          this.#drop(task);
          resolve(end);
        },
      };
      this.#add(record);
      if (!task.isRunning) task.log.info('Waiting for ECS task run to start...');
      const early = this.#early.get(task.taskArn);
      if (early !== undefined) this.hear(early);
    });
  }

  /** The task's record, while it is followed. */
  followed(taskArn: string): LaunchedTask | undefined {
    return this.#records.get(taskArn)?.task;
  }

  /** What an event tells of a task that this process has in hand. It may be followed only after it. */
  hear(task: EcsTask): void {
    const record = this.#records.get(task.taskArn);
    if (record === undefined) {
      if (isNewer(task, this.#early.get(task.taskArn))) this.#early.set(task.taskArn, task);
      return;
    }
    this.#early.delete(task.taskArn);
    this.#observe(record, { kind: 'reported', task });
    if (waitsForMachine(record.watch)) this.#waiting.add(record);
  }

  #add(record: Record): void {
    const key = batchKey(record.task);
    this.#records.set(record.task.taskArn, record);
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
    if (this.#records.get(task.taskArn)?.task === task) this.#records.delete(task.taskArn);
    const records = this.#batches.get(batchKey(task));
    if (records?.get(task.taskArn)?.task === task) records.delete(task.taskArn);
  }

  #batchOf(first: LaunchedTask, records: Map<string, Record>): TaskBatch {
    const { session, clusterArn } = first;
    return {
      session,
      cluster: clusterArn,
      facts: () => factsOf(records),
      logOf: (taskArn) => records.get(taskArn)?.task.log,
      fingerprintOf: (taskArn) => records.get(taskArn)?.watch.fingerprint,
      report: (facts) => {
        for (const [taskArn, fact] of facts) {
          const record = records.get(taskArn);
          if (record !== undefined && this.#observe(record, fact) === 'overdue') this.#stopBeside(record);
        }
      },
    };
  }

  #observe(record: Record, fact: TaskFact): 'settled' | 'overdue' {
    const { task } = record;
    const step = observe(record.watch, fact);
    if (step.changedTo !== undefined) {
      task.log.info(`ECS task status is ${step.changedTo}.`);
      if (fact.kind === 'observed') this.#ports.reliability.sawFirst(task.clusterArn, fact.task);
    }
    if (step.kind === 'ended') {
      record.end(step.end);
      return 'settled';
    }
    const { lastSeen } = step.watch;
    if (lastSeen !== undefined && hasSpotNotice(lastSeen) && !hasSpotNotice(record.watch.lastSeen)) {
      task.log.warning(spotNoticeLine);
      this.#ports.onSpotNotice(task, lastSeen);
    }
    if (step.watch.wasRunning && !record.watch.wasRunning) task.onRunning();
    record.watch = step.watch;
    return step.kind === 'overdue' ? 'overdue' : 'settled';
  }

  /** Beside the sweep, which tells of the others meanwhile: a call to stop may hang, or be denied for hours. */
  #stopBeside(record: Record): void {
    if (record.isStopping) return;
    record.isStopping = true;
    this.#group.spawn(`stop ${record.task.taskArn}`, async (signal) => {
      try {
        await stopOverdue(record, this.#earsOf(record), this.#ports, signal);
      } finally {
        record.isStopping = false;
      }
    });
  }

  #earsOf(record: Record): OverdueEars {
    const { taskArn } = record.task;
    return {
      isOver: () => this.#records.get(taskArn) !== record,
      started: () => (record.watch = startedAfterAll(record.watch)),
      stopping: (task) => {
        const askedAtMs = this.#ports.clock.monotonicMs();
        this.#observe(record, { kind: 'observed', task, fingerprint: undefined, askedAtMs });
      },
    };
  }
}

function factsOf(records: ReadonlyMap<string, Record>): BatchFacts {
  const starting: string[] = [];
  const running: string[] = [];
  let intervalSeconds = Infinity;
  let startDeadlineMs = Infinity;
  for (const [taskArn, { task, watch }] of records) {
    if (watch.wasRunning) running.push(taskArn);
    else starting.push(taskArn);
    if (task.pollIntervalSeconds < intervalSeconds) intervalSeconds = task.pollIntervalSeconds;
    if (watch.startDeadlineMs !== undefined && watch.startDeadlineMs < startDeadlineMs)
      startDeadlineMs = watch.startDeadlineMs;
  }
  return { taskArns: [...starting, ...running], intervalMs: intervalSeconds * 1000, startDeadlineMs };
}

function batchKey(task: LaunchedTask): string {
  return `${task.session.key}|${task.clusterArn}`;
}
