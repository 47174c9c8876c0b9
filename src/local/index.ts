export { LocalAws } from './aws/local-aws.ts';
export { notModelled } from './aws/not-modelled.ts';
export type { LocalAwsOptions } from './aws/local-aws-options.ts';
export type { AccessKey } from './aws/wire/key-ring.ts';
export type { TaskView } from './aws/ecs/task-view.ts';
export { fargateDelays, type TaskDelays } from './aws/ecs/task-delays.ts';
export type {
  ContainerExit,
  ContainerPlan,
  RunningContainer,
  StartOutcome,
  TaskExecutor,
  TaskPlan,
} from './aws/ecs/executor.ts';
export { ProcessExecutor, type ProcessExecutorOptions } from './aws/ecs/process-executor.ts';
export { serveOnLoopback, type LoopbackServer, type RequestHandler } from './serve.ts';
export {
  ScriptExecutor,
  type ContainerStory,
  type ScriptExecutorOptions,
  type TaskStory,
} from './aws/ecs/script-executor.ts';
export { startFailures, type Incident, type StartFailureName } from './aws/ecs/course.ts';
export { AwsFaults, parseFaultRule, type AwsFaultRule } from './aws/faults/aws-faults.ts';
export { parseScenario, type Scenario } from './scenario.ts';
export type { Capacity, InstanceHandle, InstancePlace } from './aws/capacity/capacity.ts';
export type { NewInstance } from './aws/capacity/new-instance.ts';
export type { LoggedCall } from './aws/call-log.ts';
export type { Consistency } from './aws/deps.ts';
export { defaultNetwork, type NetworkFixtures } from './aws/ec2/network.ts';
export {
  LocalPrefect,
  notModelledOfPrefect,
  type LocalPrefectOptions,
} from './prefect/local-prefect.ts';
export { SimulatedEngine, type SimulatedEngineOptions } from './prefect/simulated-engine.ts';
export type {
  EngineEnding,
  EngineProcess,
  EngineStory,
  Execution,
} from './prefect/engine-story.ts';
