import { describe, expect, it } from 'vitest';
import { aJob } from './a-job.test-support.ts';
import { familyOf } from './launch-plan.ts';

describe("The family of a job's definition", () => {
  it.each([
    [{ taskRunRequest: { taskDefinition: 'arn:aws:ecs:r:1:task-definition/mine:7' } }, 'mine'],
    [{ taskRunRequest: { taskDefinition: 'mine' } }, 'mine'],
    [{ taskDefinition: { family: 'my family!' } }, 'my-family'],
    [{}, 'prefect_pool_deployment'],
    [{ containerName: 'nope', taskDefinition: {} }, undefined],
  ])('of %j is %j', (changes, family) => expect(familyOf(aJob(changes))).toBe(family));
});
