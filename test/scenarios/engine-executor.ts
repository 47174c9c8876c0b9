import type {
  EngineStory,
  SimulatedEngine,
  StartOutcome,
  TaskExecutor,
  TaskPlan,
} from '../../src/local/index.ts';

/** Runs containers as simulated flow engines: what counts executions of user code is what a claim must be right about. */
export class EngineExecutor implements TaskExecutor {
  readonly #engine: SimulatedEngine;
  readonly #story: (flowRunId: string) => EngineStory;

  /** Containers that were started, by flow run: ECS forgets its tasks after an hour, tests do not. */
  readonly #starts = new Map<string, number>();

  constructor(engine: SimulatedEngine, story: (flowRunId: string) => EngineStory) {
    this.#engine = engine;
    this.#story = story;
  }

  startsOf(flowRunId: string): number {
    return this.#starts.get(flowRunId) ?? 0;
  }

  start(plan: TaskPlan): Promise<StartOutcome> {
    return Promise.resolve({
      kind: 'started',
      containers: plan.containers.map((container) => {
        const flowRunId = container.environment['PREFECT__FLOW_RUN_ID'] ?? '';
        this.#starts.set(flowRunId, this.startsOf(flowRunId) + 1);
        const story = this.#story(flowRunId);
        return { name: container.name, ...this.#engine.start(container.environment, story) };
      }),
      cleanUp: () => Promise.resolve(),
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
