import type { Cluster } from './clusters.ts';
import type { ContainerExit } from './executor.ts';
import { effectiveLaunchType, type RunTaskInput } from './run-task-input.ts';
import type { TaskDefinition } from './task-definitions.ts';

export interface TaskContainer {
  readonly name: string;
  readonly image: string;
  readonly containerId: string;
  lastStatus: string;
  exit: ContainerExit | undefined;
  /** Why it never started. */
  reason: string | undefined;
}

export interface TaskTimes {
  readonly createdAt: Date;
  pullStartedAt?: Date;
  pullStoppedAt?: Date;
  startedAt?: Date;
  stoppingAt?: Date;
  executionStoppedAt?: Date;
  stoppedAt?: Date;
}

export interface StopRequest {
  readonly code: string;
  readonly reason: string;
}

/** One task as the local ECS keeps it. Only its own life and StopTask change it. */
export interface Task {
  readonly id: string;
  readonly arn: string;
  readonly cluster: Cluster;
  readonly definition: TaskDefinition;
  readonly input: RunTaskInput;
  readonly containers: readonly TaskContainer[];
  readonly attachmentId: string;
  readonly availabilityZone: string;
  readonly times: TaskTimes;
  lastStatus: string;
  desiredStatus: 'RUNNING' | 'STOPPED';
  version: number;
  tags: readonly { readonly key: string; readonly value: string }[];
  stopCode: string | undefined;
  stoppedReason: string | undefined;
  /** Aborts with a StopRequest when something decides to stop the task. */
  readonly stopAsked: AbortController;
}

/** A task in the shape of the API (aws-ecs.md A.5). What is not known yet is left out, never empty. */
export function taskAnswer(task: Task, withTags: boolean): Record<string, unknown> {
  const { input, times, definition } = task;
  const seconds = (date: Date | undefined): number | undefined =>
    date === undefined ? undefined : date.getTime() / 1000;
  const isFargate = effectiveLaunchType(input) === 'FARGATE';
  return {
    attachments: attachmentsOf(task),
    attributes: [{ name: 'ecs.cpu-architecture', value: 'x86_64' }],
    availabilityZone: task.availabilityZone,
    clusterArn: task.cluster.arn,
    containers: task.containers.map((container) => containerAnswer(task, container)),
    cpu: input.overrides?.cpu ?? definition.document.cpu,
    memory: input.overrides?.memory ?? definition.document.memory,
    createdAt: seconds(times.createdAt),
    pullStartedAt: seconds(times.pullStartedAt),
    pullStoppedAt: seconds(times.pullStoppedAt),
    startedAt: seconds(times.startedAt),
    stoppingAt: seconds(times.stoppingAt),
    executionStoppedAt: seconds(times.executionStoppedAt),
    stoppedAt: seconds(times.stoppedAt),
    desiredStatus: task.desiredStatus,
    lastStatus: task.lastStatus,
    enableExecuteCommand: input.enableExecuteCommand ?? false,
    group: input.group ?? `family:${definition.family}`,
    launchType: effectiveLaunchType(input),
    ...(input.capacityProviderStrategy?.[0] !== undefined && {
      capacityProviderName: input.capacityProviderStrategy[0].capacityProvider,
    }),
    overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [], ...input.overrides },
    ...(isFargate && {
      platformFamily: 'Linux',
      platformVersion: '1.4.0',
      ephemeralStorage: { sizeInGiB: 20 },
    }),
    startedBy: input.startedBy,
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    tags: withTags ? task.tags : [],
    taskArn: task.arn,
    taskDefinitionArn: definition.arn,
    version: task.version,
  };
}

function containerAnswer(task: Task, container: TaskContainer): Record<string, unknown> {
  return {
    containerArn: `${task.arn.replace(':task/', ':container/')}/${container.containerId}`,
    taskArn: task.arn,
    name: container.name,
    image: container.image,
    lastStatus: container.lastStatus,
    networkInterfaces: [],
    healthStatus: 'UNKNOWN',
    cpu: '0',
    exitCode: container.exit?.exitCode,
    reason: container.exit?.reason ?? container.reason,
  };
}

function attachmentsOf(task: Task): readonly unknown[] {
  const subnet = task.input.networkConfiguration?.awsvpcConfiguration?.subnets[0];
  if (subnet === undefined) return [];
  const isAttached = !['PROVISIONING', 'STOPPED'].includes(task.lastStatus);
  const status = task.lastStatus === 'STOPPED' ? 'DELETED' : isAttached ? 'ATTACHED' : 'PRECREATED';
  return [
    {
      id: task.attachmentId,
      type: 'ElasticNetworkInterface',
      status,
      details: [{ name: 'subnetId', value: subnet }],
    },
  ];
}
