import { describe, expect, it } from 'vitest';
import { FlowRun } from '../prefect/flow-run.ts';
import {
  asksForDeregistration,
  placeIn,
  relatedResources,
  tagsOfRun,
} from './related-resources.ts';

const flowRun = FlowRun.parse({
  id: 'run-1',
  name: 'tidy-owl',
  flow_id: 'flow-1',
  deployment_id: 'deployment-1',
  work_pool_id: 'pool-2',
  work_pool_name: 'second',
});

describe("The related resources of a task's event", () => {
  it("are those in its tags, in the Python observer's words", () => {
    const tags = {
      'prefect.io/flow-run-id': 'r',
      'prefect.io/flow-run-name': 'tidy-owl',
      'prefect.io/deployment-id': 'd',
      'prefect.io/deployment-name': 'nightly',
      'prefect.io/flow-id': 'f',
      'prefect.io/flow-name': 'etl',
      'prefect.io/work-pool-id': 'p',
      'prefect.io/work-pool-name': 'ecs',
      'prefect.io/worker-name': 'My Worker',
      'prefect.io/version': '3.0.0',
    };

    expect(relatedResources(tags, '3.8.8')).toEqual([
      {
        'prefect.resource.id': 'prefect.flow-run.r',
        'prefect.resource.role': 'flow-run',
        'prefect.resource.name': 'tidy-owl',
      },
      {
        'prefect.resource.id': 'prefect.deployment.d',
        'prefect.resource.role': 'deployment',
        'prefect.resource.name': 'nightly',
      },
      {
        'prefect.resource.id': 'prefect.flow.f',
        'prefect.resource.role': 'flow',
        'prefect.resource.name': 'etl',
      },
      {
        'prefect.resource.id': 'prefect.work-pool.p',
        'prefect.resource.role': 'work-pool',
        'prefect.resource.name': 'ecs',
      },
      {
        'prefect.resource.id': 'prefect.worker.ecs.my-worker',
        'prefect.resource.role': 'worker',
        'prefect.resource.name': 'My Worker',
        'prefect.worker-type': 'ecs',
        'prefect.version': '3.8.8',
      },
    ]);
  });

  it.each([
    { 'prefect.io/flow-run-id': 'r' },
    { 'prefect.io/flow-run-id': 'r', 'prefect.io/flow-run-name': '' },
  ])('exclude a missing name: %j', (tags) => {
    expect(relatedResources(tags, '1')).toEqual([
      { 'prefect.resource.id': 'prefect.flow-run.r', 'prefect.resource.role': 'flow-run' },
    ]);
  });

  it.each([
    ['café’s', 'cafes'],
    ['My Worker', 'my-worker'],
  ])('have the worker %s by its slug', (name, slug) => {
    expect(relatedResources({ 'prefect.io/worker-name': name }, '1')).toMatchObject([
      { 'prefect.resource.id': `prefect.worker.ecs.${slug}` },
    ]);
  });
});

describe("The tags of a run's task", () => {
  it("are those from its worker, cleaned and cut to AWS's limits", () => {
    const tags = tagsOfRun({
      flowRun,
      flowName: 'My Flow, again',
      deploymentName: 'x'.repeat(300),
      workPool: { id: 'pool-1', name: undefined },
      workerName: 'w',
    });

    expect(tags).toEqual({
      'prefect.io/flow-run-id': 'run-1',
      'prefect.io/flow-run-name': 'tidy-owl',
      'prefect.io/deployment-id': 'deployment-1',
      'prefect.io/deployment-name': 'x'.repeat(256),
      'prefect.io/flow-id': 'flow-1',
      'prefect.io/flow-name': 'My-Flow-again',
      'prefect.io/work-pool-id': 'pool-1',
      'prefect.io/worker-name': 'w',
    });
  });
});

describe('The place of a run', () => {
  it('comes from the labels of its launch', () => {
    const labels = {
      'prefect.work-pool.id': 'pool-1',
      'prefect.work-pool.name': 'first',
      'prefect.worker.name': 'w',
    };

    expect(placeIn({ ...flowRun, labels })).toEqual({
      workPool: { id: 'pool-1', name: 'first' },
      workerName: 'w',
    });
  });

  it('comes from its document otherwise', () => {
    expect(
      placeIn({ ...flowRun, labels: { 'prefect.worker.name': 1, 'prefect.work-pool.id': '' } }),
    ).toEqual({
      workPool: { id: 'pool-2', name: 'second' },
      workerName: undefined,
    });
  });
});

describe('A request for deregistration', () => {
  it.each([
    [{ 'prefect.io/degregister-task-definition': 'true' }, true],
    [{ 'prefect.io/deregister-task-definition': 'true' }, true],
    [{ 'prefect.io/degregister-task-definition': 'false' }, false],
    [{}, false],
  ])('%j is %s', (tags, isAsked) => {
    expect(asksForDeregistration(tags)).toBe(isAsked);
  });
});
