import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kernel/json.ts';
import { aJob } from './a-job.test-support.ts';
import { launchPlanFor } from './launch-plan.ts';
import { taskDefinitionFor } from './task-definition.ts';

const network = { vpcId: 'v', subnets: [{ subnetId: 's', availabilityZone: 'a' }] };

describe('The Prefect container on EC2', () => {
  const onEc2 = (task: JsonObject, container: JsonObject): JsonObject => {
    const job = aJob({
      taskRunRequest: { launchType: 'EC2' },
      taskDefinition: {
        ...task,
        containerDefinitions: [{ name: 'prefect', image: 'i', ...container }],
      },
    });
    // as it was given
    const [prefect] = taskDefinitionFor(job, 'r')['containerDefinitions'] as JsonObject[];
    return prefect ?? {};
  };

  it("keeps the job variable's hard limit next to its own reservation", () => {
    expect(onEc2({ memory: '4096' }, { memoryReservation: 512 })).toMatchObject({
      memory: 4096,
      memoryReservation: 512,
    });
  });

  it('gets no default hard limit if it has a reservation', () => {
    expect(onEc2({}, { memoryReservation: 512 })).not.toHaveProperty('memory');
  });

  it('keeps its own hard limit', () => {
    expect(onEc2({ memory: '4096' }, { memoryReservation: 512, memory: 1024 })).toMatchObject({
      memory: 1024,
    });
  });
});

describe('An empty cluster', () => {
  it("in the request means the job's cluster, else ECS's default", () => {
    const requestOf = (cluster: string | undefined): JsonObject => {
      const job = aJob({ taskRunRequest: { cluster: '' }, cluster });
      const plan = launchPlanFor(job, { region: 'r', network });
      return plan.requestWith({ definitionArn: 'f:1', newlyRegistered: false });
    };

    expect(requestOf('mine')['cluster']).toBe('mine');
    expect(requestOf(undefined)).not.toHaveProperty('cluster');
  });
});
