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

  constructor(engine: SimulatedEngine, story: (flowRunId: string) => EngineStory) {
    this.#engine = engine;
    this.#story = story;
  }

  start(plan: TaskPlan): Promise<StartOutcome> {
    return Promise.resolve({
      kind: 'started',
      containers: plan.containers.map((container) => {
        const story = this.#story(container.environment['PREFECT__FLOW_RUN_ID'] ?? '');
        return { name: container.name, ...this.#engine.start(container.environment, story) };
      }),
      cleanUp: () => Promise.resolve(),
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
