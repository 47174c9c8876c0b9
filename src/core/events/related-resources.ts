import { slugOf } from '../job/slug.ts';
import { cleanTagText } from '../plan/tags.ts';
import type { EventResource } from '../prefect/event.ts';
import type { FlowRun } from '../prefect/flow-run.ts';

/** A task's tags as far as events are made of them, whoever told them. */
export type TaskTags = Readonly<Record<string, string>>;

export const flowRunIdTag = 'prefect.io/flow-run-id';

/**
 * The tag's misspelling is part of the protocol: Python workers and their tasks use it. The correct
 * spelling is read, too (worker.md 0.2, 10.9).
 */
const deregistrationTags = [
  'prefect.io/degregister-task-definition',
  'prefect.io/deregister-task-definition',
];

const kinds = ['flow-run', 'deployment', 'flow', 'work-pool'] as const;

export function asksForDeregistration(tags: TaskTags): boolean {
  return deregistrationTags.some((name) => tags[name] === 'true');
}

/**
 * What an event of a task is related to. A missing name is left out: in Python it makes the event
 * fail until the message is in the dead-letter queue (worker.md 10.6, Q31).
 */
export function relatedResources(tags: TaskTags, prefectVersion: string): readonly EventResource[] {
  const related = kinds.flatMap((kind): EventResource[] => {
    const id = textOf(tags[`prefect.io/${kind}-id`]);
    const name = textOf(tags[`prefect.io/${kind}-name`]);
    if (id === undefined) return [];
    return [
      {
        'prefect.resource.id': `prefect.${kind}.${id}`,
        'prefect.resource.role': kind,
        ...(name !== undefined && { 'prefect.resource.name': name }),
      },
    ];
  });
  const worker = textOf(tags['prefect.io/worker-name']);
  if (worker === undefined) return related;
  return [
    ...related,
    {
      'prefect.resource.id': `prefect.worker.ecs.${slugOf(worker)}`,
      'prefect.resource.role': 'worker',
      'prefect.resource.name': worker,
      'prefect.worker-type': 'ecs',
      'prefect.version': prefectVersion,
    },
  ];
}

/** What Prefect knows of a run, where its task's tags are not at hand. */
export interface LaunchFacts {
  readonly flowRun: FlowRun;
  readonly flowName: string | undefined;
  readonly deploymentName: string | undefined;
  readonly workPool: { readonly id: string | undefined; readonly name: string | undefined };
  readonly workerName: string | undefined;
}

const longestValue = 256;

/**
 * The tags that a worker gave the task of this run: names as AWS takes them (worker.md 1.5,
 * 7.4).
 */
export function tagsOfRun({
  flowRun,
  flowName,
  deploymentName,
  workPool,
  workerName,
}: LaunchFacts): TaskTags {
  const tags: Readonly<Record<string, string | undefined>> = {
    'flow-run-id': flowRun.id,
    'flow-run-name': flowRun.name,
    'deployment-id': flowRun.deploymentId,
    'deployment-name': deploymentName,
    'flow-id': flowRun.flowId,
    'flow-name': flowName,
    'work-pool-id': workPool.id,
    'work-pool-name': workPool.name,
    'worker-name': workerName,
  };
  return Object.fromEntries(
    Object.entries(tags).flatMap(([name, value]): [string, string][] =>
      value === undefined
        ? []
        : [[`prefect.io/${name}`, cleanTagText(value).slice(0, longestValue)]],
    ),
  );
}

/** Where a run itself says that it runs: labels of its launch, else the fields of the API. */
export function placeIn({
  labels,
  workPoolId,
  workPoolName,
}: FlowRun): Pick<LaunchFacts, 'workPool' | 'workerName'> {
  const label = (name: string): string | undefined => {
    const value = labels[name];
    return typeof value === 'string' ? textOf(value) : undefined;
  };
  return {
    workPool: {
      id: label('prefect.work-pool.id') ?? textOf(workPoolId),
      name: label('prefect.work-pool.name') ?? textOf(workPoolName),
    },
    workerName: label('prefect.worker.name'),
  };
}

function textOf(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
