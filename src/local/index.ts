export { LocalAws, notModelled, type LocalAwsOptions, type TaskView } from './aws/local-aws.ts';
export type { TaskDelays } from './aws/deps.ts';
export type {
  ContainerExit,
  ContainerPlan,
  RunningContainer,
  StartOutcome,
  TaskExecutor,
  TaskPlan,
} from './aws/executor.ts';
export { ProcessExecutor, type ProcessExecutorOptions } from './aws/process-executor.ts';
export { serveOnLoopback, type LoopbackServer, type RequestHandler } from './serve.ts';
export { LocalPrefect, type LocalPrefectOptions } from './prefect/local-prefect.ts';
export { SimulatedEngine, type SimulatedEngineOptions } from './prefect/simulated-engine.ts';
export type { EngineEnding, EngineProcess, EngineStory, Execution } from './prefect/engine-story.ts';
