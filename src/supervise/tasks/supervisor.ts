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

/** Tasks that one call can describe together. */
interface Cluster {
  readonly records: Map<string, Record>;
  readonly rumours: Rumours;
}

/** An event about a followed task. */
export interface HeardTask {
  readonly task: EcsTask;
  /** The event is so old that ECS may have forgotten the task. */
  readonly isOld: boolean;
}

/**
 * How many events are kept for tasks that are not followed yet: the first event may arrive before
 * RunTask's own answer. Bounded, because an event may name any task.
 */
const earlyEvents = 1_000;

/**
 * Follows every task from RunTask to STOPPED, one record a claim (worker.md 0.3).
 *
 * Reading order:
 * - `follow` adds a record. `#add` puts it into the batch of its cluster and starts the batch's
 *   loop.
 * - `sweep.ts` is that loop: `ask.ts` describes up to 100 tasks a call and reports facts.
 * - `#observe` applies each fact by the pure state machine in `watch.ts`, logs and ends records.
 * - `hear` takes task events. `rumours.ts` turns them into questions to ECS.
 * - `#stopBeside` stops a task that missed its start timeout (`stop-overdue.ts`).
 *
 * State: `#records` by task, `#clusters` (records and rumours of each batch), `#early` (events that
 * arrived before `follow`), `#waiting` (tasks that wait for a machine).
 *
 * Invariants:
 * 1. a record is in exactly one batch, and leaves it when its end is reported or the follower
 *    stops;
 * 2. an end is reported once, whichever source reports it first;
 * 3. each batch is swept by exactly one loop, which lives while the batch has records;
 * 4. N tasks of a batch cost N/100 calls a round, never one each;
 * 5. a watch contains only answers of ECS. An event alone logs a status before RUNNING, and ends a
 *    task only while ECS does not answer.
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

  /** The task, while it is followed. */
  followed(taskArn: string): LaunchedTask | undefined {
    return this.#records.get(taskArn)?.task;
  }

  /**
   * Handles an event about a task that this worker launched. It may arrive before `follow` is
   * called.
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
      record.task.log.info(statusLine(task.lastStatus)); // only a log line depends on it
    if (waitsForMachine(record)) this.#waiting.add(record);
    return undefined;
  }

  saw(task: EcsTask): void {
    const record = this.#records.get(task.taskArn);
    // The time of the question is unknown, so this fact must not trigger the start timeout.
    if (record !== undefined)
      this.#observe(record, {
        kind: 'observed',
        task,
        fingerprint: undefined,
        askedAtMs: -Infinity,
      });
  }

  /**
   * Keeps the event with the latest status, because the version in a message can be forged and must
   * not hide an end.
   */
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
      // There is no await between the check and this line. Otherwise a task added in between would
      // join a batch that no loop sweeps.
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

  /** Ends a task by its event, because ECS does not answer. */
  #believe(task: EcsTask): void {
    const record = this.#records.get(task.taskArn);
    if (record === undefined) return;
    record.task.log.warning(
      'ECS has not answered DescribeTasks for a minute. The end of this task is taken from ' +
        'its event.',
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
   * Stops the task outside the sweep. A StopTask call may hang or be denied for hours, and must not
   * delay the ends of the other tasks.
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

/** Logs once that the task waits for an instance and that its start timeout has not begun. */
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
