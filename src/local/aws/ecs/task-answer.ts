import { isLive, type ContainerState, type Task, type TaskState } from './task.ts';

/**
 * A task in the shape of the API. A value that is not known yet is left out, never empty or null
 * (aws-ecs.md A.3, A.5).
 */
export function taskAnswer(
  task: Task,
  state: TaskState,
  withTags: boolean,
): Record<string, unknown> {
  const { input, definition, placement } = task;
  const { times } = state;
  const storage = ephemeralStorageOf(task);
  return {
    attachments: attachmentsOf(task, state, 'ElasticNetworkInterface'),
    attributes: [{ name: 'ecs.cpu-architecture', value: 'x86_64' }],
    availabilityZone: placement.zone,
    capacityProviderName: placement.capacityProvider,
    clusterArn: task.cluster.arn,
    connectivity: times.connectivityAt === undefined ? undefined : 'CONNECTED',
    connectivityAt: seconds(times.connectivityAt),
    containerInstanceArn: placement.instance?.arn,
    containers: state.containers.map((container) => ({
      ...containerMembers(task, container),
      healthStatus: 'UNKNOWN',
    })),
    cpu: cpuOf(task),
    memory: memoryOf(task),
    createdAt: seconds(times.createdAt),
    pullStartedAt: seconds(times.pullStartedAt),
    pullStoppedAt: seconds(times.pullStoppedAt),
    startedAt: seconds(times.startedAt),
    stoppingAt: seconds(times.stoppingAt),
    executionStoppedAt: seconds(times.executionStoppedAt),
    stoppedAt: seconds(times.stoppedAt),
    desiredStatus: state.desiredStatus,
    lastStatus: state.lastStatus,
    enableExecuteCommand: input.enableExecuteCommand ?? false,
    group: groupOf(task),
    launchType: placement.launchType,
    overrides: {
      inferenceAcceleratorOverrides: [],
      ...input.overrides,
      containerOverrides: overridesOf(task),
    },
    ...(storage !== undefined && {
      platformFamily: 'Linux',
      platformVersion: platformVersionOf(task),
      ephemeralStorage: storage,
      fargateEphemeralStorage: storage,
    }),
    startedBy: input.startedBy,
    stopCode: state.stop?.code,
    stoppedReason: state.stop?.reason,
    tags: withTags ? task.tags : [],
    taskArn: task.arn,
    taskDefinitionArn: definition.arn,
    version: state.version,
  };
}

/** The answer to a repeated `clientToken` whose task has stopped (aws-ecs.md B.3.4). */
export function reducedTaskAnswer(task: Task): Record<string, unknown> {
  const { lastStatus, desiredStatus } = task.state;
  return { taskArn: task.arn, lastStatus, desiredStatus };
}

/** Members that the API and the event share. */
export function containerMembers(task: Task, container: ContainerState): Record<string, unknown> {
  const isAttached = container.runtimeId !== undefined && task.placement.subnetId !== undefined;
  return {
    containerArn: `${task.arn.replace(':task/', ':container/')}/${container.containerId}`,
    taskArn: task.arn,
    name: container.name,
    image: container.image,
    runtimeId: container.runtimeId,
    lastStatus: container.lastStatus,
    exitCode: container.exitCode,
    reason: container.reason,
    networkInterfaces: isAttached
      ? [{ attachmentId: task.attachmentId, privateIpv4Address: addressOf(task) }]
      : [],
    cpu: String(cpuOfContainer(task, container.name)),
  };
}

export function attachmentsOf(
  task: Task,
  state: TaskState,
  type: 'ElasticNetworkInterface' | 'eni',
): readonly unknown[] {
  const { subnetId } = task.placement;
  if (subnetId === undefined) return [];
  const wasAttached = state.times.connectivityAt !== undefined;
  const status =
    state.lastStatus === 'STOPPED' ? 'DELETED' : wasAttached ? 'ATTACHED' : 'PRECREATED';
  const details = [
    { name: 'subnetId', value: subnetId },
    ...(wasAttached
      ? [
          { name: 'networkInterfaceId', value: `eni-0${task.id.slice(0, 16)}` },
          { name: 'privateIPv4Address', value: addressOf(task) },
        ]
      : []),
  ];
  return [{ id: task.attachmentId, type, status, details }];
}

/** Any address will do, as long as the task keeps it. */
function addressOf({ sequence }: Task): string {
  return `10.${(sequence >> 16) & 255}.${(sequence >> 8) & 255}.${sequence & 255}`;
}

/**
 * ECS lists an entry for each container, with the name alone where nothing is overridden. A reader
 * that takes any entry for ours takes a foreign task for ours (aws-ecs.md B.8.1).
 */
export function overridesOf({ input, definition }: Task) {
  const overrides = input.overrides?.containerOverrides ?? [];
  return definition.document.containerDefinitions.map(
    ({ name }) => overrides.find((override) => override.name === name) ?? { name },
  );
}

export function cpuOf({ input, definition }: Task): string | undefined {
  return input.overrides?.cpu ?? definition.document.cpu;
}

export function memoryOf({ input, definition }: Task): string | undefined {
  return input.overrides?.memory ?? definition.document.memory;
}

function cpuOfContainer({ input, definition }: Task, name: string): number {
  const override = input.overrides?.containerOverrides?.find((item) => item.name === name);
  const container = definition.document.containerDefinitions.find((item) => item.name === name);
  return override?.cpu ?? container?.cpu ?? 0;
}

export function groupOf({ input, definition }: Task): string {
  return input.group ?? `family:${definition.family}`;
}

export function platformVersionOf({ input }: Task): string {
  const { platformVersion = 'LATEST' } = input;
  return platformVersion === 'LATEST' ? '1.4.0' : platformVersion;
}

export function ephemeralStorageOf(task: Task): { readonly sizeInGiB: number } | undefined {
  if (task.placement.launchType !== 'FARGATE') return undefined;
  const { input, definition } = task;
  return (
    input.overrides?.ephemeralStorage ?? definition.document.ephemeralStorage ?? { sizeInGiB: 20 }
  );
}

/** Times in AWS JSON are epoch seconds with a fraction. The SDK throws on text (aws-ecs.md A.3). */
function seconds(date: Date | undefined): number | undefined {
  return date === undefined ? undefined : date.getTime() / 1000;
}

/** RunTask's answer to a token that it knows: the first call's tasks, as they are now. */
export function repeatedAnswer(
  byId: ReadonlyMap<string, Task>,
  tasks: readonly Task[],
): Record<string, unknown> {
  const known = tasks.filter((task) => byId.has(task.id));
  const gone = tasks.filter((task) => !byId.has(task.id));
  return {
    tasks: known.map((task) =>
      isLive(task.state) ? taskAnswer(task, task.state, true) : reducedTaskAnswer(task),
    ),
    failures: gone.map((task) => ({ arn: task.arn, reason: 'MISSING' })),
  };
}
