import { linkAbort } from '../../kernel/abort.ts';
import { toError } from '../../kernel/errors.ts';
import type { AccountParts } from './account-parts.ts';
import type { LocalAwsDeps } from './deps.ts';
import type { ContainerPlan, RunningContainer, StartOutcome } from './executor.ts';
import type { ContainerOverride } from './run-task-input.ts';
import type { StopRequest, Task } from './task.ts';
import type { ContainerDefinition } from './task-definitions.ts';

/** Seconds that a container has between SIGTERM and SIGKILL unless its definition says otherwise. */
const defaultStopTimeoutSeconds = 30;

/** Lives a task from PROVISIONING to STOPPED, in order, on the clock (aws-ecs.md B.1). Ends only there, or with the server. */
export async function liveTask(
  task: Task,
  account: AccountParts,
  deps: LocalAwsDeps,
  signal: AbortSignal,
): Promise<void> {
  const { clock, delays } = deps;
  using life = linkAbort(signal, task.stopAsked.signal);
  let running: readonly RunningContainer[] = [];
  let cleanUp: () => Promise<void> = () => Promise.resolve();
  try {
    await clock.sleep(delays.provisioning, life.signal);
    move(task, 'PENDING');
    await clock.sleep(delays.pending, life.signal);
    task.times.pullStartedAt = clock.now();
    move(task, 'ACTIVATING');
    await clock.sleep(delays.activating, life.signal);
    const outcome = await start(task, account, deps);
    task.times.pullStoppedAt = clock.now();
    if (outcome.kind === 'started') {
      ({ containers: running, cleanUp } = outcome);
      becomeRunning(task, deps);
      askToStop(task, await firstEssentialExit(task, running, life.signal));
    } else {
      failToStart(task, outcome);
    }
  } catch (error) {
    if (!task.stopAsked.signal.aborted) throw error; // the server ends: its executor ends the processes
  }
  await wind(task, running, deps, signal);
  await cleanUp();
}

function becomeRunning(task: Task, deps: LocalAwsDeps): void {
  task.times.startedAt = deps.clock.now();
  for (const container of task.containers) container.lastStatus = 'RUNNING';
  move(task, 'RUNNING');
}

function failToStart(task: Task, outcome: Extract<StartOutcome, { kind: 'failed' }>): void {
  const container = task.containers.find((candidate) => candidate.name === outcome.containerName);
  if (container !== undefined) container.reason = outcome.reason;
  askToStop(task, { code: 'TaskFailedToStart', reason: outcome.reason });
}

/** The first decision counts. */
export function askToStop(task: Task, request: StopRequest): void {
  if (task.desiredStatus === 'STOPPED') return;
  task.desiredStatus = 'STOPPED';
  task.version += 1;
  task.stopCode = request.code;
  task.stoppedReason = request.reason;
  task.stopAsked.abort(request);
}

/** From the decision to stop to STOPPED: SIGTERM, the stop timeout, SIGKILL, and the wait after the exit. */
async function wind(
  task: Task,
  running: readonly RunningContainer[],
  deps: LocalAwsDeps,
  signal: AbortSignal,
): Promise<void> {
  const { clock, delays } = deps;
  task.times.stoppingAt = clock.now();
  move(task, 'DEACTIVATING');
  await clock.sleep(delays.deactivating, signal);
  move(task, 'STOPPING');
  await Promise.all(running.map((container) => stopContainer(task, container, deps, signal)));
  await clock.sleep(delays.stopping, signal);
  task.times.executionStoppedAt = clock.now();
  move(task, 'DEPROVISIONING');
  await clock.sleep(delays.deprovisioning, signal);
  for (const container of task.containers) container.lastStatus = 'STOPPED';
  task.times.stoppedAt = clock.now();
  move(task, 'STOPPED');
}

async function stopContainer(
  task: Task,
  running: RunningContainer,
  { clock }: LocalAwsDeps,
  signal: AbortSignal,
): Promise<void> {
  const container = task.containers.find((candidate) => candidate.name === running.name);
  if (container?.exit === undefined) {
    running.stop();
    using over = linkAbort(signal);
    const timeoutMs = stopTimeoutSeconds(task, running.name) * 1000;
    const killing = clock.sleep(timeoutMs, over.signal).then(
      () => running.kill(),
      () => undefined,
    );
    await running.exited;
    over.abort();
    await killing;
  }
  const exit = await running.exited;
  if (container !== undefined) {
    container.exit = exit;
    container.lastStatus = 'STOPPED';
  }
}

function stopTimeoutSeconds(task: Task, name: string): number {
  const definition = task.definition.document.containerDefinitions.find(
    (container) => container.name === name,
  );
  return definition?.stopTimeout ?? defaultStopTimeoutSeconds;
}

/** Resolves when an essential container has ended; rejects when the task is asked to stop before. */
function firstEssentialExit(
  task: Task,
  running: readonly RunningContainer[],
  signal: AbortSignal,
): Promise<StopRequest> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(toError(signal.reason));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    for (const one of running) {
      void one.exited.then((exit) => {
        const container = task.containers.find((candidate) => candidate.name === one.name);
        if (container !== undefined) {
          container.exit = exit;
          container.lastStatus = 'STOPPED';
          task.version += 1;
        }
        if (!isEssential(task, one.name)) return;
        signal.removeEventListener('abort', stop);
        resolve({ code: 'EssentialContainerExited', reason: 'Essential container in task exited' });
      });
    }
  });
}

function isEssential(task: Task, name: string): boolean {
  const definition = task.definition.document.containerDefinitions.find(
    (container) => container.name === name,
  );
  return definition?.essential !== false;
}

function move(task: Task, status: string): void {
  task.lastStatus = status;
  task.version += 1;
}

async function start(task: Task, account: AccountParts, deps: LocalAwsDeps): Promise<StartOutcome> {
  const definitions = task.definition.document.containerDefinitions;
  for (const definition of definitions) {
    const problem = logProblem(definition, account);
    if (problem !== undefined) return { kind: 'failed', containerName: definition.name, reason: problem };
  }
  return deps.executor.start({
    taskId: task.id,
    containers: definitions.map((definition) => containerPlan(task, definition, account, deps)),
  });
}

function logProblem(definition: ContainerDefinition, account: AccountParts): string | undefined {
  const log = definition.logConfiguration;
  if (log?.logDriver !== 'awslogs') return undefined;
  const group = log.options?.['awslogs-group'] ?? '';
  if (account.logs.has(group)) return undefined;
  if (log.options?.['awslogs-create-group'] === 'true') {
    account.logs.createGroup(group);
    return undefined;
  }
  return (
    'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to ' +
    'create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.'
  );
}

function containerPlan(
  task: Task,
  definition: ContainerDefinition,
  account: AccountParts,
  deps: LocalAwsDeps,
): ContainerPlan {
  const override = (task.input.overrides?.containerOverrides ?? []).find(
    (item) => item.name === definition.name,
  );
  return {
    name: definition.name,
    image: definition.image ?? '',
    command: [...(definition.entryPoint ?? []), ...(override?.command ?? definition.command ?? [])],
    environment: { ...variablesOf(definition.environment), ...variablesOf(override?.environment) },
    onLine: lineSink(task, definition, account, deps),
  };
}

function variablesOf(items: ContainerOverride['environment']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (items ?? []).flatMap(({ name, value }): [string, string][] =>
      name === undefined ? [] : [[name, value ?? '']],
    ),
  );
}

/** The awslogs driver writes to `prefix/container/task id`; without a driver a line is shown and kept nowhere. */
function lineSink(
  task: Task,
  definition: ContainerDefinition,
  account: AccountParts,
  deps: LocalAwsDeps,
): (line: string) => void {
  const log = definition.logConfiguration;
  const options = log?.options ?? {};
  if (log?.logDriver !== 'awslogs') {
    return (line) => deps.log.info(`task ${task.id.slice(0, 8)} ${definition.name}: ${line}`);
  }
  const group = options['awslogs-group'] ?? '';
  const prefix = options['awslogs-stream-prefix'];
  const stream = prefix === undefined ? task.id : `${prefix}/${definition.name}/${task.id}`;
  return (line) => account.logs.append(group, stream, line);
}
