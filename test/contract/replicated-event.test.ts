import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { relatedResources } from '../../src/core/events/related-resources.ts';
import { parseQueueMessage } from '../../src/core/events/task-event-message.ts';
import { taskStateEvent } from '../../src/core/events/task-state-event.ts';
import { projectRoot } from '../end-to-end/processes.ts';

const python = `${projectRoot}.venv/bin/python`;

const ecsEvent = (lastStatus: string, detail: Readonly<Record<string, string>>) => ({
  id: '3317b2af-7005-947d-b652-f55e762e571a',
  'detail-type': 'ECS Task State Change',
  time: '2026-11-25T10:05:00Z',
  detail: {
    taskArn: 'arn:aws:ecs:us-east-1:111122223333:task/dev/0f9de17a6465404e8b1b2356dc13c2f8',
    lastStatus,
    ...detail,
  },
});

const names = [
  'My Worker',
  "it's  a -- test",
  'café’s',
  '1,000 & more',
  'ECSWorker 6F1C-ab',
  'my_worker.prod/1',
  '日本',
];
const cases = names.map((name, at) => ({
  event: ecsEvent(at % 2 === 0 ? 'RUNNING' : 'STOPPED', {
    ...(at % 3 !== 0 && { clusterArn: 'arn:aws:ecs:us-east-1:111122223333:cluster/dev' }),
    ...(at % 3 !== 1 && {
      taskDefinitionArn: 'arn:aws:ecs:us-east-1:111122223333:task-definition/job:3',
    }),
  }),
  tags: {
    'prefect.io/flow-run-id': '7b3c2d10-8f1e-4a52-9d0c-3e5f6a7b8c9d',
    'prefect.io/flow-run-name': name,
    ...(at % 2 === 0 && {
      'prefect.io/deployment-id': 'd',
      'prefect.io/deployment-name': 'nightly',
    }),
    'prefect.io/flow-id': 'f',
    'prefect.io/flow-name': 'etl',
    ...(at % 3 === 0 && { 'prefect.io/work-pool-id': 'p', 'prefect.io/work-pool-name': 'ecs' }),
    'prefect.io/worker-name': name,
  },
}));

const Emitted = z.array(
  z.looseObject({
    id: z.string(),
    occurred: z.string(),
    event: z.string(),
    resource: z.record(z.string(), z.string()),
    related: z.array(z.record(z.string(), z.string())),
    follows: z.string().nullable(),
  }),
);

describe.skipIf(!existsSync(python))('The Prefect event for a change of a task', () => {
  it('equals the one that the unchanged Python observer emits', () => {
    const script = `${projectRoot}test/contract/replicated-event.py`;
    const { stdout, stderr } = spawnSync(python, [script], {
      input: JSON.stringify(cases),
      encoding: 'utf8',
    });
    const theirs = Emitted.parse(JSON.parse(stdout === '' ? `"${stderr.slice(-500)}"` : stdout));

    const ours = cases.map(({ event, tags }) => {
      const message = parseQueueMessage(JSON.stringify(event));
      if (message.kind !== 'task') throw new Error(`it is ${message.kind}`);
      const { id = '', occurred = '', task } = message.event;
      if (task === undefined) throw new Error('the event has no task');
      return taskStateEvent({ id, occurred, task }, relatedResources(tags, '3.8.8'), undefined);
    });

    expect(ours).toEqual(
      theirs.map(({ id, occurred, event, resource, related }) => ({
        id,
        occurred,
        event,
        resource,
        related,
        payload: {},
        follows: null, // Python's event follows itself, since the case repeats one id
      })),
    );
  });
});
