import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bundleSettings } from '../../src/cli/render/bundle-settings.ts';
import { defaultBaseJobTemplate } from '../../src/core/prefect/base-job-template.ts';
import { JsonRecord } from '../../src/core/prefect/json.ts';
import type { JsonObject } from '../../src/kernel/json.ts';
import { renderForPeople } from '../../src/render/for-people.ts';
import { renderBundle } from '../../src/render/bundle.ts';
import { casesOf } from './cases.ts';

const Bundle = z.looseObject({
  work_pool: z.looseObject({}),
  worker: z.looseObject({ environment: JsonRecord }),
});
const [launch] = casesOf('launch', z.looseObject({ bundle: Bundle }));

interface Written {
  readonly definition?: JsonObject;
  readonly container?: JsonObject;
  readonly request?: JsonObject;
  readonly environment?: JsonObject;
}

/** The built-in template with these keys more, as `render` shows it. */
async function rendered({ definition = {}, container = {}, request = {}, environment = {} }: Written) {
  if (launch === undefined) throw new Error('there is no vector of a launch');
  const { work_pool: pool, worker } = launch.bundle;
  const template = structuredClone(defaultBaseJobTemplate);
  const job = JsonRecord.parse(template['job_configuration']);
  const isWhole = 'containerDefinitions' in definition || 'taskDefinition' in definition;
  const own = {
    ...JsonRecord.parse(job['task_definition']),
    containerDefinitions: [{ image: '{{ image }}', ...container }],
  };
  const configuration = {
    ...job,
    task_definition: isWhole ? definition : { ...own, ...definition },
    task_run_request: { ...JsonRecord.parse(job['task_run_request']), ...request },
  };
  const bundle = {
    ...launch.bundle,
    work_pool: { ...pool, base_job_template: { ...template, job_configuration: configuration } },
    worker: { ...worker, environment: { ...worker.environment, ...environment } },
  };
  return renderBundle(bundle, { settingsOf: bundleSettings });
}

const described = {
  taskDefinitionArn: 'arn:aws:ecs:us-east-1:123456789012:task-definition/mine:3',
  containerDefinitions: [{ name: 'prefect', image: 'mine/flows:1', cpu: 0, essential: true }],
  family: 'mine',
  revision: 3,
  status: 'ACTIVE',
  requiresAttributes: [{ name: 'ecs.capability.task-eni' }],
  compatibilities: ['EC2', 'FARGATE'],
  registeredAt: 1_700_000_000.123,
  registeredBy: 'arn:aws:iam::123456789012:user/x',
};

/** The same through a worker: test/scenarios/unknown-fields.test.ts. */
describe('render refuses what AWS has no field for, as a launch does', () => {
  it.each<[string, Written, string, string]>([
    [
      'ephemeral_storage',
      { definition: { ephemeral_storage: { sizeInGiB: 50 } } },
      'input',
      'Did you mean "ephemeralStorage"?',
    ],
    [
      'taskRoleARN',
      { definition: { taskRoleARN: 'arn:aws:iam::123456789012:role/x' } },
      'input',
      'Did you mean "taskRoleArn"?',
    ],
    [
      'working_directory',
      { container: { working_directory: '/x' } },
      'containerDefinitions[0]',
      'Did you mean "workingDirectory"?',
    ],
    [
      'environmentFile',
      { container: { environmentFile: ['x'] } },
      'containerDefinitions[0]',
      'Did you mean "environmentFiles"?',
    ],
    [
      'platform_version',
      { request: { platform_version: '1.4.0' } },
      'input',
      'Did you mean "platformVersion"?',
    ],
    [
      'enableExecuteCommands',
      { request: { enableExecuteCommands: true } },
      'input',
      'Did you mean "enableExecuteCommand"?',
    ],
    [
      'taskDefinition',
      { definition: { taskDefinition: described, tags: [] } },
      'input',
      'wrapped one level too deep',
    ],
  ])('%s', async (key, written, place, advice) => {
    const shown = await rendered(written);

    expect(shown.error?.name).toBe('ParamValidationError');
    expect(shown.error?.message).toContain(`Unknown parameter in ${place}: "${key}", must be one of: `);
    expect(shown.error?.message).toContain(advice);
    expect([shown.register_task_definition, shown.run_task]).toEqual([null, null]);
    expect(renderForPeople(shown)).toMatch(/^error: ParamValidationError: Parameter validation failed:$/m);
  });

  it('and leaves out of a copied definition what only AWS writes, and an empty cluster', async () => {
    const shown = await rendered({ definition: described, request: { cluster: '' } });

    expect(shown.error).toBeNull();
    const kept = [
      'containerDefinitions',
      'cpu',
      'family',
      'memory',
      'networkMode',
      'requiresCompatibilities',
    ];
    expect(Object.keys(shown.register_task_definition ?? {}).sort()).toEqual(kept);
    expect(shown.run_task).not.toHaveProperty('cluster');
  });

  it('and shows what a setting lets through', async () => {
    const shown = await rendered({
      container: { entanglement: 'full' },
      request: { laterField: [1] },
      environment: { PREFECT_ECS_ALLOW_UNKNOWN_AWS_FIELDS: 'true' },
    });

    expect(shown.register_task_definition).toMatchObject({
      containerDefinitions: [{ entanglement: 'full' }],
    });
    expect(shown.run_task).toMatchObject({ laterField: [1] });
  });
});
