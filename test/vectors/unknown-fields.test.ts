import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bundleSettings } from '../../src/cli/render/bundle-settings.ts';
import { defaultBaseJobTemplate } from '../../src/core/prefect/base-job-template.ts';
import { JsonRecord } from '../../src/core/prefect/json.ts';
import type { JsonObject } from '../../src/kernel/json.ts';
import { renderForPeople } from '../../src/render/for-people.ts';
import { renderBundle } from '../../src/render/bundle.ts';
import {
  describedDefinition,
  unknownFields,
  type WrittenFields,
} from '../recorded/unknown-fields.ts';
import { casesOf } from './cases.ts';

const Bundle = z.looseObject({
  work_pool: z.looseObject({}),
  worker: z.looseObject({ environment: JsonRecord }),
});
const [launch] = casesOf('launch', z.looseObject({ bundle: Bundle }));

interface Written extends WrittenFields {
  readonly environment?: JsonObject;
}

/** Renders the built-in template with these additional keys. */
async function rendered({
  definition = {},
  container = {},
  request = {},
  environment = {},
}: Written) {
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

/** test/scenarios/unknown-fields.test.ts checks the same through a worker. */
describe('render', () => {
  it.each(unknownFields)(
    'refuses the field %s, which AWS does not have',
    async (key, written, place, advice) => {
      const shown = await rendered(written);

      expect(shown.error?.name).toBe('ParamValidationError');
      expect(shown.error?.message).toContain(
        `Unknown parameter in ${place}: "${key}", must be one of: `,
      );
      expect(shown.error?.message).toContain(advice);
      expect([shown.register_task_definition, shown.run_task]).toEqual([null, null]);
      expect(renderForPeople(shown)).toMatch(
        /^error: ParamValidationError: Parameter validation failed:$/m,
      );
    },
  );

  it('leaves out read-only fields of a copied definition, and an empty cluster', async () => {
    const shown = await rendered({ definition: describedDefinition, request: { cluster: '' } });

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

  it('shows unknown fields that a setting allows', async () => {
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
