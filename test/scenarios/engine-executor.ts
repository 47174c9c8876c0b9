import type { Clock } from '../../src/kernel/clock.ts';
import type {
  ContainerPlan,
  EngineProcess,
  EngineStory,
  SimulatedEngine,
  StartOutcome,
  TaskExecutor,
  TaskPlan,
} from '../../src/local/index.ts';

/** A line that a container writes to its output, `afterMs` after its start. */
export interface SpokenLine {
  readonly afterMs: number;
  readonly text: string;
}

/** What a flow run's process does, and when it is killed from outside. */
export interface ProcessStory extends EngineStory {
  /** Kills the process this long after its start, as the kernel does when out of memory. */
  readonly diesAfterMs?: number;
}

/** A container that was started. */
export interface ContainerRecord {
  readonly flowRunId: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Infinity while it runs. */
  exitedMs: number;
}

export interface EngineExecutorOptions {
  readonly engine: SimulatedEngine;
  readonly story: (flowRunId: string) => ProcessStory;
  readonly speech: (flowRunId: string) => readonly SpokenLine[];
  readonly clock: Clock;
}

/** Starts a container that runs no flow. It ends as its story says, or by a signal. */
function sidecar(clock: Clock, { bootMs = 5_000, ending }: EngineStory): EngineProcess {
  const signalled = new AbortController();
  const exitCode = ending?.kind === 'exits' ? ending.exitCode : 0;
  const exited = clock.sleep(bootMs, signalled.signal).then(
    () => ({ exitCode }),
    () => ({ exitCode: 143 }),
  );
  const end = (): void => signalled.abort(new Error('signalled'));
  return { exited, stop: end, kill: end };
}

/**
 * Runs containers as simulated flow engines. The engine counts executions of user code, which is
 * what claims must never double.
 */
export class EngineExecutor implements TaskExecutor {
  readonly #engine: SimulatedEngine;
  readonly #story: (flowRunId: string) => ProcessStory;
  /** The flow's container of each task, by the task's ARN. */
  readonly #containers = new Map<string, ContainerRecord>();

  /** Started containers by flow run. ECS forgets its tasks after an hour; tests need them later. */
  readonly #starts = new Map<string, number>();

  readonly #speech: (flowRunId: string) => readonly SpokenLine[];
  readonly #clock: Clock;

  constructor(options: EngineExecutorOptions) {
    this.#engine = options.engine;
    this.#story = options.story;
    this.#speech = options.speech;
    this.#clock = options.clock;
  }

  startsOf(flowRunId: string): number {
    return this.#starts.get(flowRunId) ?? 0;
  }

  containerOf(taskArn: string): ContainerRecord | undefined {
    return this.#containers.get(taskArn);
  }

  start(plan: TaskPlan): Promise<StartOutcome> {
    return Promise.resolve({
      kind: 'started',
      containers: plan.containers.map((container) => {
        const flowRunId = container.environment['PREFECT__FLOW_RUN_ID'] ?? '';
        this.#starts.set(flowRunId, this.startsOf(flowRunId) + 1);
        const story = this.#story(flowRunId);
        const process =
          flowRunId === ''
            ? sidecar(this.#clock, story)
            : this.#engine.start(container.environment, story);
        if (flowRunId !== '')
          this.#record(plan.taskArn, flowRunId, container, process, story.diesAfterMs);
        void this.#speak(container, this.#speech(flowRunId), process.exited);
        return { name: container.name, ...process };
      }),
      cleanUp: () => Promise.resolve(),
    });
  }

  #record(
    taskArn: string,
    flowRunId: string,
    { environment }: ContainerPlan,
    process: EngineProcess,
    diesAfterMs: number | undefined,
  ): void {
    const record: ContainerRecord = { flowRunId, environment, exitedMs: Infinity };
    this.#containers.set(taskArn, record);
    const gone = new AbortController();
    void process.exited.then(() => {
      record.exitedMs = this.#clock.now().getTime();
      gone.abort(new Error('the container has ended'));
    });
    if (diesAfterMs === undefined) return;
    this.#clock.sleep(diesAfterMs, gone.signal).then(
      () => process.kill(),
      () => undefined,
    );
  }

  /** Writes the lines until all are written or the container has exited. */
  async #speak(
    container: ContainerPlan,
    lines: readonly SpokenLine[],
    exited: Promise<unknown>,
  ): Promise<void> {
    const gone = new AbortController();
    void exited.then(() => gone.abort(new Error('the container has ended')));
    let saidMs = 0;
    for (const { afterMs, text } of lines) {
      if (afterMs > saidMs) {
        const isGone = await this.#clock.sleep(afterMs - saidMs, gone.signal).then(
          () => false,
          () => true,
        );
        if (isGone) return;
      }
      saidMs = afterMs;
      container.onLine(text);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
