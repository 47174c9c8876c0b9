import type { AccountParts } from '../account-parts.ts';
import type { Appointment } from '../agenda.ts';
import { logProblem, taskPlan } from './container-plans.ts';
import type { Incident } from './course.ts';
import type { LocalAwsDeps } from '../deps.ts';
import type { TaskDelays } from './task-delays.ts';
import type { ContainerExit, StartOutcome } from './executor.ts';
import { hostRetiredReason, outOfMemoryReason, reasonFor } from './course.ts';
import { nextTurn } from './container-order.ts';
import { allStopped, exited, failedToStart, isEssential } from './container-states.ts';
import type { LifeEvents } from './life-events.ts';
import { TaskProcesses } from './task-processes.ts';
import {
  type ContainerState,
  nextState,
  type StopRequest,
  type Task,
  type TaskState,
  type TaskTimes,
} from './task.ts';
import { toError } from '../../../kernel/errors.ts';

/** From the Spot notice to the interruption (aws-ecs.md B.2.1). */
const spotNoticeMs = 120_000;

/** Moves one task from PROVISIONING to STOPPED through entries of the agenda (aws-ecs.md B.1). */
export class TaskLife {
  readonly #task: Task;
  readonly #account: AccountParts;
  readonly #deps: LocalAwsDeps;
  readonly #events: LifeEvents;
  readonly #processes: TaskProcesses;
  #next: Appointment | undefined;
  /** Containers that the executor is starting now. */
  #starting = 0;
  /** True: containers receive SIGTERM as soon as they have started. */
  #isStopping = false;
  #isOver = false;
  constructor(task: Task, account: AccountParts, deps: LocalAwsDeps, events: LifeEvents) {
    this.#task = task;
    this.#account = account;
    this.#deps = deps;
    this.#events = events;
    this.#processes = new TaskProcesses(task, deps);
  }

  begin(): void {
    const { startFailure } = this.#task.course;
    this.#wait('provisioning', () => {
      if (startFailure?.during === 'PROVISIONING')
        return this.#failToStart(
          reasonFor(startFailure, this.#task.placement.capacityProvider),
          undefined,
        );
      const now = this.#deps.clock.now();
      this.#change({ lastStatus: 'PENDING' }, { connectivityAt: now, pullStartedAt: now });
      this.#wait('pending', () => {
        this.#change({ lastStatus: 'ACTIVATING' }, { pullStoppedAt: this.#deps.clock.now() });
        this.#wait('activating', () => {
          if (startFailure === undefined) return this.#startReady();
          return this.#failToStart(startFailure.reason, startFailure.containerName);
        });
      });
    });
  }

  /** The first decision counts. A task that has not started goes to STOPPED all the same. */
  stop(request: StopRequest): void {
    if (this.#task.state.desiredStatus === 'STOPPED') return;
    this.#next?.cancel();
    this.#change(
      { desiredStatus: 'STOPPED', stop: request },
      { stoppingAt: this.#deps.clock.now() },
    );
    this.#wind();
  }

  /** The task waited in PROVISIONING for room, and there is none. */
  giveUpPlacing(reason: string): void {
    this.#failToStart(reason, undefined);
  }

  /** ECS forgets the task. */
  vanish(): void {
    this.#isOver = true;
    this.#next?.cancel();
    this.#processes.killAll();
    this.#processes.cleanUp();
    this.#events.vanished(this.#task);
  }

  #startReady(): void {
    const task = this.#task;
    const definitions = task.definition.document.containerDefinitions;
    const { ready, hopeless } = nextTurn(definitions, task.state.containers);
    if (hopeless !== undefined) return this.#failToStart(hopeless.reason, hopeless.name);
    for (const definition of definitions.filter(({ name }) => ready.includes(name))) {
      const problem = logProblem(definition, this.#account);
      if (problem !== undefined) return this.#failToStart(problem, definition.name);
    }
    if (ready.length === 0) return;
    this.#starting += 1;
    void this.#deps.executor.start(taskPlan(task, ready, this.#account, this.#deps)).then(
      (outcome) => this.#started(outcome),
      (error: unknown) =>
        this.#started({
          kind: 'failed',
          containerName: ready[0] ?? '',
          reason: `CannotStartContainerError: ${toError(error).message}`,
        }),
    );
  }

  #started(outcome: StartOutcome): void {
    this.#starting -= 1;
    if (outcome.kind === 'failed') {
      this.#failToStart(outcome.reason, outcome.containerName);
      this.#ended();
      return;
    }
    this.#processes.add(outcome.containers, outcome.cleanUp);
    const names = new Set(outcome.containers.map(({ name }) => name));
    const containers = this.#task.state.containers.map((container): ContainerState => {
      if (!names.has(container.name)) return container;
      const runtimeId = `${this.#task.id}-${container.containerId.slice(0, 8)}`;
      return { ...container, lastStatus: 'RUNNING', runtimeId };
    });
    for (const running of outcome.containers) {
      void running.exited.then((exit) => this.#exited(running.name, exit));
    }
    if (this.#isOver) {
      for (const running of outcome.containers) running.kill();
      return;
    }
    if (this.#task.state.desiredStatus === 'STOPPED') {
      this.#change({ containers });
      if (this.#isStopping) this.#processes.stopFree();
      return;
    }
    this.#becomeRunning(containers);
    if (this.#task.state.desiredStatus === 'RUNNING') this.#startReady();
  }

  /** RUNNING once no container waits for its start. */
  #becomeRunning(containers: readonly ContainerState[]): void {
    const { lastStatus } = this.#task.state;
    if (
      lastStatus === 'RUNNING' ||
      containers.some((container) => container.lastStatus === 'PENDING')
    ) {
      this.#change({ containers });
      return;
    }
    this.#change({ containers, lastStatus: 'RUNNING' }, { startedAt: this.#deps.clock.now() });
    for (const incident of this.#task.course.incidents ?? []) {
      this.#deps.agenda.after(incident.afterMs, () => this.#befall(incident));
    }
  }

  #befall(incident: Incident): void {
    if (this.#isOver || this.#task.state.lastStatus !== 'RUNNING') return;
    switch (incident.kind) {
      case 'out-of-memory':
        return this.#processes.killOne({ exitCode: 137, reason: outOfMemoryReason });
      case 'spot-interruption':
        return this.interrupt();
      case 'host-retired':
        return this.stop({ code: 'InfrastructureHealth', reason: hostRetiredReason });
      case 'host-lost':
        return this.loseHost();
      case 'vanish':
        return this.vanish();
    }
  }

  /**
   * The Spot notice: SIGTERM now, and the interruption two minutes later or when no container runs
   * any more.
   */
  interrupt(): void {
    const { state } = this.#task;
    if (this.#isOver || state.desiredStatus === 'STOPPED') return;
    this.#next?.cancel();
    const reason = 'Your Spot Task was interrupted.';
    this.#change(
      { desiredStatus: 'STOPPED', stop: { code: 'TerminationNotice', reason } },
      { stoppingAt: this.#deps.clock.now() },
    );
    this.#isStopping = true;
    this.#processes.stopFree();
    this.#next = this.#deps.agenda.after(spotNoticeMs, () => this.#reclaim());
    this.#ended();
  }

  #reclaim(): void {
    this.#next?.cancel();
    const stop = { code: 'SpotInterruption', reason: 'Your Spot Task was interrupted.' } as const;
    this.#change({ stop });
    this.#wind();
  }

  /** The host dies, and the containers' exit codes are lost. */
  loseHost(): void {
    this.#processes.loseExits();
    this.stop({ code: 'InfrastructureHealth', reason: hostRetiredReason });
    this.#processes.killAll();
  }

  #failToStart(reason: string, containerName: string | undefined): void {
    if (this.#task.state.desiredStatus === 'STOPPED') return;
    const containers = failedToStart(this.#task, reason, containerName);
    this.#next?.cancel();
    this.#change(
      { containers, desiredStatus: 'STOPPED', stop: { code: 'TaskFailedToStart', reason } },
      { stoppingAt: this.#deps.clock.now() },
    );
    this.#wind();
  }

  #exited(name: string, natural: ContainerExit): void {
    if (this.#isOver) return;
    const exit = this.#processes.exitOf(name, natural);
    const containers = exited(this.#task, name, exit);
    const decides = isEssential(this.#task, name) && this.#task.state.desiredStatus === 'RUNNING';
    if (decides) {
      const stop = {
        code: 'EssentialContainerExited',
        reason: 'Essential container in task exited',
      } as const;
      this.#next?.cancel();
      this.#change(
        { containers, desiredStatus: 'STOPPED', stop },
        { stoppingAt: this.#deps.clock.now() },
      );
      this.#wind();
      return;
    }
    this.#change({ containers });
    if (this.#task.state.desiredStatus === 'RUNNING') return this.#startReady();
    if (this.#isStopping) this.#processes.stopFree();
    this.#ended();
  }

  #wind(): void {
    this.#wait('stopAsked', () => {
      this.#change({ lastStatus: 'DEACTIVATING' });
      this.#wait('deactivating', () => {
        this.#change({ lastStatus: 'STOPPING' });
        this.#isStopping = true;
        this.#processes.stopFree();
        this.#ended();
      });
    });
  }

  /** Continues when the last container has ended. */
  #ended(): void {
    const { lastStatus, times } = this.#task.state;
    if (this.#isOver || !this.#isStopping || this.#starting > 0) return;
    if (this.#processes.areUp) return;
    if (this.#task.state.stop?.code === 'TerminationNotice') return this.#reclaim();
    if (lastStatus !== 'STOPPING' || times.executionStoppedAt !== undefined) return;
    this.#setTimes({ executionStoppedAt: this.#deps.clock.now() });
    this.#wait('stopping', () => {
      this.#change({ lastStatus: 'DEPROVISIONING' });
      this.#wait('deprovisioning', () => this.#finish());
    });
  }

  #finish(): void {
    const containers = allStopped(this.#task);
    this.#isOver = true;
    this.#processes.cleanUp();
    this.#change({ containers, lastStatus: 'STOPPED' }, { stoppedAt: this.#deps.clock.now() });
    this.#events.stopped(this.#task);
  }

  #wait(step: keyof TaskDelays, next: () => void): void {
    const ms = this.#task.course.delays?.[step] ?? this.#deps.delays[step];
    this.#next = this.#deps.agenda.after(ms, next);
  }

  #setTimes(times: Partial<TaskTimes>): void {
    const { state } = this.#task;
    this.#task.state = { ...state, times: { ...state.times, ...times } };
  }

  #change(change: Partial<TaskState>, times: Partial<TaskTimes> = {}): void {
    const task = this.#task;
    const { state, history } = task;
    if (this.#deps.keepsHistory()) task.history = [...(history ?? []), state].slice(-mostHistory);
    else if (history !== undefined) task.history = undefined;
    task.state = nextState(state, change, times, this.#deps.clock.now());
    this.#events.changed(task);
  }
}

/** More than the changes in any task's life. */
const mostHistory = 16;
