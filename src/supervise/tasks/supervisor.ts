import { isWorthAsking, laterStatus } from '../../core/events/rumour.ts';
import { hasSpotNotice, spotNoticeLine } from '../../core/events/spot-notice.ts';
import { ownProviderOf } from '../../core/task/own-provider.ts';
import { rankOf, type TaskStatus } from '../../core/task/task-phase.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { toError } from '../../kernel/errors.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import { whenAborted, type AbortFlag } from '../../kernel/abort.ts';
import type { TaskGroup } from '../../kernel/task-group.ts';
import type { LaunchedTask, TaskEnd, TaskFollower } from '../../run/ports/task-follower.ts';
import { Rumours } from './rumours.ts';
import { endFor, factsOf, type Record } from './record.ts';
import { stopOverdue, type OverdueEars } from './stop-overdue.ts';
import { sweep } from './sweep.ts';
import type { SupervisorPorts, TaskBatch } from './task-batch.ts';
import { waitsForMachine, WaitingTasks } from './waiting-tasks.ts';
import { observe, startedAfterAll, startWatch, type TaskFact, type Watch } from './watch.ts';

/** Tasks that can be asked for together. */
interface Cluster {
  readonly records: Map<string, Record>;
  readonly rumours: Rumours;
}

/** An event of a task, as far as it may be told. */
export interface HeardTask {
  readonly task: EcsTask;
  /** It is so old that ECS may have forgotten the task. */
  readonly isOld: boolean;
}

/**
 * Events that came before their task was followed: RunTask's own answer may be later than the first
 * event.
 */
const earlyEvents = 1_000;

/**
 * Follows every task from RunTask to STOPPED, one record a claim (worker.md 0.3). Invariants:
 * 1. a record is in exactly one batch, and leaves it when its end is told or its follower lets go;
 * 2. an end is told once, whichever source tells of it;
 * 3. a batch is swept by exactly one loop, which lives while the batch has records;
 * 4. N tasks of a batch cost N/100 calls a round, never one each;
 * 5. a watch knows what ECS said; an event asks (`Rumours`), and at most tells a status that comes before RUNNING.
 */
export class Supervisor implements TaskFollower {
  readonly #ports: SupervisorPorts;
  readonly #group: TaskGroup;
  readonly #records = new Map<string, Record>();
  readonly #clusters = new Map<string, Cluster>();
  readonly #early = new LruMap<string, HeardTask>(earlyEvents);
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
        watch: startWatch(task.launchedAtMs, task.startLimits),
        heard: undefined,
        oldWords: undefined,
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

  /**
   * What an event tells of a task that this process has in hand. It may be followed only after it.
   */
  hear(event: HeardTask): void {
    const { task, isOld } = event;
    const record = this.#records.get(task.taskArn);
    if (record === undefined) return this.#hearEarly(event);
    this.#early.delete(task.taskArn);
    const known = laterStatus(record.heard, record.watch.lastSeen?.lastStatus ?? 'UNKNOWN');
    record.heard = laterStatus(record.heard, task.lastStatus);
    if (isOld && task.lastStatus === 'STOPPED') record.oldWords = task;
    if (isWorthAsking(task, record.watch))
      this.#clusters.get(batchKey(record.task))?.rumours.hear(task);
    else if (rankOf(task.lastStatus) > rankOf(known) && !record.watch.wasRunning)
      record.task.log.info(statusLine(task.lastStatus)); // nothing hangs on it
    if (waitsForMachine(record)) this.#waiting.add(record);
    return undefined;
  }

  saw(task: EcsTask): void {
    const record = this.#records.get(task.taskArn);
    // Not judged by the deadline: whoever asked does not say when.
    if (record !== undefined)
      this.#observe(record, {
        kind: 'observed',
        task,
        fingerprint: undefined,
        askedAtMs: -Infinity,
      });
  }

  /** Of several the one that tells the latest status: no version in a message hides an end. */
  #hearEarly(event: HeardTask): void {
    const { taskArn, lastStatus } = event.task;
    const before = this.#early.get(taskArn)?.task.lastStatus;
    if (before === undefined || rankOf(lastStatus) > rankOf(before))
      this.#early.set(taskArn, event);
  }

  #add(record: Record): void {
    const { taskArn, clusterArn } = record.task;
    const key = batchKey(record.task);
    this.#records.set(taskArn, record);
    const known = this.#clusters.get(key);
    if (known !== undefined) {
      known.records.set(taskArn, record);
      return;
    }
    const records = new Map([[taskArn, record]]);
    const batch = this.#batchOf(record.task, records);
    const believe = (task: EcsTask): void => this.#believe(task);
    this.#clusters.set(key, {
      records,
      rumours: new Rumours(batch, believe, this.#ports, this.#group),
    });
    this.#group.spawn(`sweep ${clusterArn}`, async (signal) => {
      while (records.size > 0) await sweep(batch, this.#ports, signal);
      // No await between the look and this: a task that comes later finds no batch and starts a new
      // loop.
      this.#clusters.delete(key);
    });
  }

  #drop(task: LaunchedTask): void {
    if (this.#records.get(task.taskArn)?.task === task) this.#records.delete(task.taskArn);
    const records = this.#clusters.get(batchKey(task))?.records;
    if (records?.get(task.taskArn)?.task === task) records.delete(task.taskArn);
  }

  #batchOf(first: LaunchedTask, records: Map<string, Record>): TaskBatch {
    const { session, clusterArn } = first;
    const key = batchKey(first);
    return {
      session,
      cluster: clusterArn,
      facts: () => factsOf(records),
      logOf: (taskArn) => records.get(taskArn)?.task.log,
      watchOf: (taskArn) => records.get(taskArn)?.watch,
      report: (facts) => {
        for (const [taskArn, fact] of facts) {
          const record = records.get(taskArn);
          if (record !== undefined && this.#observe(record, fact) === 'overdue')
            this.#stopBeside(record);
        }
      },
      asking: (askedAtMs) => this.#clusters.get(key)?.rumours.asking(askedAtMs),
      answered: (taskArns, askedAtMs) =>
        this.#clusters.get(key)?.rumours.answered(taskArns, askedAtMs),
    };
  }

  /** ECS does not answer. */
  #believe(task: EcsTask): void {
    const record = this.#records.get(task.taskArn);
    if (record === undefined) return;
    record.task.log.warning(
      'ECS has not answered DescribeTasks for a minute. The end of this task is taken from its ' +
        'task event.',
    );
    this.#observe(record, { kind: 'reported', task });
  }

  #observe(record: Record, fact: TaskFact): 'settled' | 'overdue' {
    const { task } = record;
    const step = observe(record.watch, fact);
    if (step.changedTo !== undefined) {
      if (step.changedTo !== record.heard || rankOf(step.changedTo) >= rankOf('RUNNING'))
        task.log.info(statusLine(step.changedTo));
      const isFirst = laterStatus(record.heard, step.changedTo) !== record.heard;
      if (fact.kind === 'observed' && isFirst)
        this.#ports.reliability.sawFirst(task.clusterArn, fact.task);
    }
    if (step.kind === 'ended') {
      record.end(endFor(step.end, record.oldWords));
      return 'settled';
    }
    const { lastSeen } = step.watch;
    if (
      lastSeen !== undefined &&
      hasSpotNotice(lastSeen) &&
      !hasSpotNotice(record.watch.lastSeen)
    ) {
      task.log.warning(spotNoticeLine);
      this.#ports.onSpotNotice(task, lastSeen);
    }
    tellOfInstance(record, step.watch);
    if (step.watch.wasRunning && !record.watch.wasRunning) task.onRunning();
    record.watch = step.watch;
    return step.kind === 'overdue' ? 'overdue' : 'settled';
  }

  /**
   * Beside the sweep, which tells of the others meanwhile: a call to stop may hang, or be denied
   * for hours.
   */
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

/** Once: what its start waits for, and that the start timeout does not count yet. */
function tellOfInstance({ task, watch }: Record, { start, lastSeen }: Watch): void {
  if (start?.deadline.of !== 'instance' || watch.start?.deadline.of === 'instance') return;
  const provider = lastSeen === undefined ? '' : (ownProviderOf(lastSeen) ?? '');
  task.log.info(
    `Waiting for capacity provider '${provider}' to provide an instance for the ECS task, for ` +
      `at most ${start.deadline.seconds} seconds. The start timeout begins when the instance is ` +
      'ready.',
  );
}

function statusLine(status: TaskStatus): string {
  return `ECS task status is ${status}.`;
}

function batchKey(task: LaunchedTask): string {
  return `${task.session.key}|${task.clusterArn}`;
}
