import { slugOf } from '../job/slug.ts';
import { cleanTagText } from '../plan/tags.ts';
import type { EventResource } from '../prefect/event.ts';
import type { FlowRun } from '../prefect/flow-run.ts';

/** The tags of a task that events use, from any source. */
export type TaskTags = Readonly<Record<string, string>>;

export const flowRunIdTag = 'prefect.io/flow-run-id';

/**
 * The tag's misspelling is part of the protocol: Python workers and their tasks use it. The correct
 * spelling is accepted, too (worker.md 0.2, 10.9).
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
 * The related resources of a task's event. One without a name is left out: in Python, a missing
 * name makes the event fail until its message is in the dead-letter queue (worker.md 10.6, Q31).
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

/** A run's data in Prefect, used if its task's tags are not available. */
export interface LaunchFacts {
  readonly flowRun: FlowRun;
  readonly flowName: string | undefined;
  readonly deploymentName: string | undefined;
  readonly workPool: { readonly id: string | undefined; readonly name: string | undefined };
  readonly workerName: string | undefined;
}

const longestValue = 256;

/**
 * The tags that the run's worker gave its task, in the form that AWS accepts (worker.md 1.5, 7.4).
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

/** Where a run runs, according to the labels of its launch, else the fields of the API. */
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
