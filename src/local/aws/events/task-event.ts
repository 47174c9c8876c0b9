import {
  attachmentsOf,
  containerMembers,
  cpuOf,
  ephemeralStorageOf,
  groupOf,
  memoryOf,
  overridesOf,
  platformVersionOf,
} from '../ecs/task-answer.ts';
import type { Task, TaskState } from '../ecs/task.ts';

export interface EventPlace {
  readonly account: string;
  readonly region: string;
}

/**
 * `ECS Task State Change` as EventBridge sends it. It resembles a Task but has ISO times and no
 * tags (aws-ecs.md B.8.1).
 */
export function taskEvent(
  task: Task,
  state: TaskState,
  id: string,
  place: EventPlace,
): Record<string, unknown> {
  return {
    version: '0',
    id,
    'detail-type': 'ECS Task State Change',
    source: 'aws.ecs',
    account: place.account,
    time: `${state.updatedAt.toISOString().slice(0, 19)}Z`,
    region: place.region,
    resources: [task.arn],
    detail: detailOf(task, state),
  };
}

/**
 * No tags, times as text, `eni` for attachments. Each container has an override with its variables
 * in plain text.
 */
function detailOf(task: Task, state: TaskState): Record<string, unknown> {
  const { placement, input } = task;
  const { times } = state;
  const storage = ephemeralStorageOf(task);
  return {
    attachments: attachmentsOf(task, state, 'eni'),
    availabilityZone: placement.zone,
    capacityProviderName: placement.capacityProvider,
    clusterArn: task.cluster.arn,
    connectivity: times.connectivityAt === undefined ? undefined : 'CONNECTED',
    connectivityAt: times.connectivityAt?.toISOString(),
    containerInstanceArn: placement.instance?.arn,
    containers: state.containers.map((container) => containerMembers(task, container)),
    cpu: cpuOf(task),
    createdAt: times.createdAt.toISOString(),
    desiredStatus: state.desiredStatus,
    enableExecuteCommand: input.enableExecuteCommand ?? false,
    ephemeralStorage: storage,
    executionStoppedAt: times.executionStoppedAt?.toISOString(),
    group: groupOf(task),
    lastStatus: state.lastStatus,
    launchType: placement.launchType,
    memory: memoryOf(task),
    overrides: {
      containerOverrides: overridesOf(task), // in plain text: a queue message contains secrets
    },
    platformVersion: storage === undefined ? undefined : platformVersionOf(task),
    pullStartedAt: times.pullStartedAt?.toISOString(),
    pullStoppedAt: times.pullStoppedAt?.toISOString(),
    startedAt: times.startedAt?.toISOString(),
    startedBy: input.startedBy,
    stopCode: state.stop?.code,
    stoppedAt: times.stoppedAt?.toISOString(),
    stoppedReason: state.stop?.reason,
    stoppingAt: times.stoppingAt?.toISOString(),
    taskArn: task.arn,
    taskDefinitionArn: task.definition.arn,
    updatedAt: state.updatedAt.toISOString(),
    version: state.version,
  };
}
