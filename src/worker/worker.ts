/**
 * One worker process: its loops, its slots, and the order in which it stops. Read `runWorker`,
 * `Worker.work`, `#workOnRuns`, `#spawnLoops`.
 *
 * Phases: syncing (once); working; draining: claims nothing new, launches what it has claimed and
 * no longer follows running tasks; stopped. Three groups, each inside the one before:
 * - outer: breaker, leases, late checks, task events, sweeps. Ends after the last run, because runs
 *   need them to report their ends.
 * - `runs`: submissions and adoptions. Ends when each has ended or was handed over.
 * - `loops`: poll, sync, rounds, listings, sockets. Ends when the drain begins.
 *
 * State: the limit (`#slots`, `#provisional`, `#held`), which processes live (`#whoLives`), and
 * runs between a poll's offer and RunTask's answer (`#submitting`).
 */
import { WhoLives } from '../core/liveness/who-lives.ts';
import type { FlowRun } from '../core/prefect/flow-run.ts';
import { aborted, linkAbort, sharedAbortController, whenAborted } from '../kernel/abort.ts';
import { isDefect } from '../kernel/errors.ts';
import { withTaskGroup, type TaskGroup } from '../kernel/task-group.ts';
import { adoptRun, type Orphan } from '../run/adopt/adopt.ts';
import { OlderTasks } from '../run/adopt/older-tasks.ts';
import { runFlowRun } from '../run/pipeline.ts';
import type { StopSignals } from '../run/ports/stop-signals.ts';
import type { RunPorts } from '../run/run-context.ts';
import type { ReadLane } from '../run/states/looks.ts';
import { EventReliability } from '../supervise/queue/event-reliability.ts';
import { Adoption, type StartAdoption } from './adoption.ts';
import { HeardCancellations } from './heard-cancellations.ts';
import { heartbeatOf } from './heartbeat.ts';
import { HeldSlots, type UntilStopped } from './held-slots.ts';
import { heedCancelling, listen, observe } from './listening.ts';
import { PeerWatch } from './peer-watch.ts';
import { pollLoop, pollOnce } from './poll.ts';
import { ProvisionalSlots } from './provisional-slots.ts';
import { Rounds } from './rounds.ts';
import { runPortsFor } from './run-ports.ts';
import { safetyLoop } from './safety-loop.ts';
import { signOff } from './sign-off.ts';
import { Slots } from './slots.ts';
import { tellTypeChanges } from './pool-type.ts';
import { PoolView, syncAtStart, syncLoop, syncOnce, type SyncedPool } from './sync.ts';
import type { WorkerOptions, WorkerPorts } from './worker-ports.ts';

/**
 * Runs a worker until it has drained. Rejects only when the first sync is refused, or when
 * something is broken that no waiting fixes.
 */
export async function runWorker(
  options: WorkerOptions,
  ports: WorkerPorts,
  signals: StopSignals,
): Promise<void> {
  const view = new PoolView();
  const worker = new Worker(options, ports, view);
  await syncAtStart(options, ports, worker.synced, signals.drain);
  ports.log.info(`Worker '${options.name}' started!`);
  try {
    await withTaskGroup(signals.stop, (group) => worker.work(signals, group));
  } catch (error) {
    if (!signals.stop.aborted || isDefect(error)) throw error;
  }
  await signOff(options, ports, view);
  ports.log.info(`Worker '${options.name}' stopped!`);
}

/**
 * The slots and loops of one worker. Must keep the order of the groups: a sweep that ended before
 * its runs would leave their ends unreported.
 */
class Worker {
  readonly #options: WorkerOptions;
  readonly #ports: WorkerPorts;
  readonly #view: PoolView;
  readonly #processId: string;
  readonly #whoLives: WhoLives;
  readonly #watch: PeerWatch;
  readonly #slots: Slots;
  readonly #provisional: ProvisionalSlots;
  readonly #submitting = new Set<string>();
  #rounds: Rounds | undefined;
  #adoption: Adoption | undefined;
  #olderTasks: OlderTasks | undefined;
  /** Undefined: there is no limit. */
  #held: HeldSlots | undefined;

  constructor(options: WorkerOptions, ports: WorkerPorts, view: PoolView) {
    this.#options = options;
    this.#ports = ports;
    this.#view = view;
    this.#processId = ports.random.uuid();
    const me = { workerName: options.name, processId: this.#processId };
    this.#whoLives = new WhoLives(me, heartbeatOf(options).intervalSeconds);
    this.#watch = new PeerWatch(options, ports, {
      whoLives: this.#whoLives,
      onRoundDue: () => this.#rounds?.hurry(),
      onHeard: () => this.#adoption?.settleProvisional(),
    });
    this.#slots = new Slots(options.limit);
    this.#provisional = new ProvisionalSlots(this.#slots, ports.clock, ports.log);
  }

  get synced(): SyncedPool {
    const { runOnce } = this.#options;
    const sendAlone: SyncedPool['beat'] = async (send, signal) => void (await send(signal));
    return {
      view: this.#view,
      beat: runOnce ? sendAlone : (send, signal) => this.#watch.beat(send, signal),
    };
  }

  async work(signals: StopSignals, group: TaskGroup): Promise<void> {
    const ports = this.#ports;
    const reliability = new EventReliability(ports.clock);
    const shared = {
      reliability,
      takeUpAgain: (flowRunId: string) => this.#rounds?.takeUpAgain(flowRunId),
      stopOlderTasks: (flowRunId: string) => this.#olderTasks?.stop(flowRunId),
      holdSlot: (flowRunId: string, untilStopped: UntilStopped) =>
        this.#held?.hold(flowRunId, untilStopped),
      processId: this.#processId,
    };
    const { runPorts, supervisor } = runPortsFor(this.#options, ports, this.#view, shared, group);
    this.#olderTasks = new OlderTasks(runPorts, group);
    if (ports.taskEvents !== undefined) {
      const events = { ...ports.taskEvents, supervisor, reliability };
      // Runs on after the drain until every run was handed over: an event may still report the end
      // of a run.
      group.spawn('task events', (signal) =>
        observe(this.#options, ports, runPorts, events, signal),
      );
    }
    group.spawn('breaker', (signal) => runPorts.breaker.run(signal));
    group.spawn('leases', (signal) => runPorts.leases.run(signal));
    group.spawn('late checks', (signal) => runPorts.lateChecks.run(signal));
    await withTaskGroup(group.signal, (runs) => this.#workOnRuns(signals, runPorts, runs));
    group.cancel('no run is left'); // this ends the sweeps, too
  }

  /** Resolves when every run has ended or was handed over. */
  async #workOnRuns(signals: StopSignals, runPorts: RunPorts, runs: TaskGroup): Promise<void> {
    const { capacity, breaker } = runPorts;
    const room = { slots: this.#slots, submitting: this.#submitting, capacity, breaker };
    // An error that breaks a loop must end the active runs, too: anything that waits only for the
    // drain would outlive it.
    const drain = eitherOf(signals.drain, runs.signal);
    const working = { signals: { drain, stop: runs.signal }, runPorts };
    const isLimited = this.#options.limit !== undefined && !this.#options.runOnce;
    if (isLimited) this.#held = new HeldSlots(this.#slots, runs, drain);
    const start = (flowRun: FlowRun, slot: Disposable): void =>
      this.#start({ flowRun, slot }, working, runs);
    const pool = { view: this.#view, room, start };
    if (this.#options.runOnce) {
      await syncOnce(this.#options, this.#ports, this.synced, signals.drain);
      await pollOnce(this.#options, this.#ports, pool, signals.drain);
      return;
    }
    const rounds = this.#beginRounds(working, runs);
    await untilDrained(signals, (loops) => {
      this.#spawnLoops(rounds, runPorts, loops);
      loops.spawn('poll', async (signal) => {
        if (this.#options.limit !== undefined) await firstOf(rounds.begun, signal);
        await pollLoop(this.#options, this.#ports, pool, signal);
      });
      return Promise.resolve();
    });
  }

  #start(
    { flowRun, slot }: { readonly flowRun: FlowRun; readonly slot: Disposable },
    { signals, runPorts }: Working,
    runs: TaskGroup,
  ): void {
    const submitted = (): void => void this.#submitting.delete(flowRun.id);
    this.#submitting.add(flowRun.id);
    runs.spawn(flowRun.name, async () => {
      await runFlowRun({ flowRun, slot, ports: runPorts, signals, submitted });
      submitted();
    });
  }

  #beginRounds(working: Working, runs: TaskGroup): Rounds {
    const whoLives = this.#whoLives;
    const provisional = this.#provisional;
    const start: StartAdoption = (orphan, lane) =>
      new Promise((resolve) => {
        runs.spawn(`adopt ${orphan.flowRun.id}`, () =>
          this.#adopt(orphan, lane, working).finally(resolve),
        );
      });
    const onUnheardOf = (): void => this.#watch.lookCloser();
    const { runPorts } = working;
    const stopped = runs.signal;
    const adoption = new Adoption(this.#options, runPorts, {
      whoLives,
      provisional,
      start,
      onUnheardOf,
      stopped,
      isForeign: () => this.#view.isForeign,
    });
    this.#adoption = adoption;
    this.#rounds = new Rounds(runPorts, { adoption, whoLives, provisional });
    return this.#rounds;
  }

  async #adopt(
    orphan: Orphan,
    lane: ReadLane,
    { signals, runPorts: ports }: Working,
  ): Promise<void> {
    const { id } = orphan.flowRun;
    const outcome = await adoptRun(orphan, {
      lane,
      ports,
      takeSlot: () => {
        const slot = this.#provisional.exchange(id);
        this.#held?.release(id);
        return slot;
      },
      tryTakeSlot: () => this.#slots.tryTake(),
      signals,
      submitted: () => undefined,
    });
    this.#whoLives.left(id);
    if (outcome.kind === 'handed-over') this.#provisional.resume(id);
    else if (outcome.kind !== 'skipped') this.#provisional.giveBack(id);
  }

  #spawnLoops(rounds: Rounds, runPorts: RunPorts, loops: TaskGroup): void {
    const [options, ports, view, watch] = [this.#options, this.#ports, this.#view, this.#watch];
    // Of the deleted pool, only the runs held here are known: Prefect forgets which pool the others
    // belonged to.
    view.whenPoolChanges(() => {
      ports.log.warning(
        `Work pool '${options.workPoolName}' was deleted and recreated. ` +
          'This worker follows the flow runs it holds to their end. ' +
          'Workers can no longer find other runs of the old pool: check them in the UI.',
      );
      rounds.hurry();
    });
    tellTypeChanges(view, ports, options);
    loops.spawn('sync', (signal) => syncLoop(options, ports, this.synced, signal));
    loops.spawn('workers', async (signal) => {
      await view.known(signal);
      await watch.run(signal);
    });
    loops.spawn('rounds', async (signal) => {
      await view.known(signal);
      await rounds.run(signal);
    });
    loops.spawn('channel', (signal) => listen(ports, view, { runPorts, watch }, signal));
    const isTold = (): boolean => ports.sockets.isToldOfCancelling();
    loops.spawn('safety look', (signal) => safetyLoop(options, runPorts, isTold, signal));
    if (!options.enableCancellation) return;
    const orphans = new HeardCancellations(runPorts, (ids, signal) =>
      this.#adoption?.heardOf(ids, signal),
    );
    loops.spawn('cancelling orphans', (signal) => orphans.run(signal));
    loops.spawn('cancelling events', (signal) =>
      heedCancelling(ports, view, { runPorts, orphans }, signal),
    );
  }
}

/** What work on runs needs. */
interface Working {
  readonly signals: StopSignals;
  readonly runPorts: RunPorts;
}

function eitherOf(one: AbortSignal, other: AbortSignal): AbortSignal {
  const either = sharedAbortController();
  for (const signal of [one, other]) whenAborted(signal, () => either.abort(signal.reason));
  return either.signal;
}

async function firstOf(event: Promise<void>, signal: AbortSignal): Promise<void> {
  await Promise.race([event, aborted(signal)]);
  signal.throwIfAborted();
}

/** Runs loops until the drain begins. An error caused by the drain itself is no failure. */
async function untilDrained(
  signals: StopSignals,
  body: (loops: TaskGroup) => Promise<void>,
): Promise<void> {
  using draining = linkAbort(signals.drain);
  try {
    await withTaskGroup(draining.signal, body);
  } catch (error) {
    if (!signals.drain.aborted || isDefect(error)) throw error;
  }
}
