import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bundleSettings } from '../../src/cli/render/bundle-settings.ts';
import { JsonRecord } from '../../src/core/prefect/json.ts';
import { renderBundle } from '../../src/render/bundle.ts';
import { aWire } from '../differential/wire.ts';
import { casesOf, readJson } from '../vectors/cases.ts';

const Case = z.looseObject({
  bundle: z.looseObject({ work_pool: z.looseObject({ base_job_template: JsonRecord }) }),
});
const bundles = [
  'launch',
  'definition',
  'request',
  'network',
  'tags',
  'environment',
  'linked',
  'merging',
].flatMap((group) =>
  casesOf(group, Case).map(({ id, bundle }) => [id, withTemplate(bundle)] as const),
);

function withTemplate(bundle: z.infer<typeof Case>['bundle']): unknown {
  const file = bundle.work_pool.base_job_template['$file'];
  if (typeof file !== 'string') return bundle;
  return { ...bundle, work_pool: { ...bundle.work_pool, base_job_template: readJson(file) } };
}

/** Compared with JSON.stringify, by which `render --json` prints these documents. */
describe('A request body', () => {
  const wire = aWire();

  it.each(bundles)('equals what render shows, byte by byte: %s', async (_id, bundle) => {
    const rendered = await renderBundle(bundle, { settingsOf: bundleSettings });

    const { register_task_definition: definition, run_task: request } = rendered;
    const sent = [
      definition && (await wire.registerTaskDefinition(definition)),
      request && (await wire.runTask(request)),
    ];
    expect(sent).toEqual(
      [definition, request].map((document) => document && JSON.stringify(document)),
    );
  });

  it('equals it for numbers, unknown keys and text of any script', async () => {
    const document = {
      family: 'f',
      containerDefinitions: [
        { name: 'c', cpu: 1e21, memory: 0.1, environment: [{ name: 'Ä', value: '\u2028"\\' }] },
      ],
      notYetKnown: { deep: [{ er: 1 }] },
      __type: 'x',
    };

    expect(await wire.registerTaskDefinition(document)).toBe(JSON.stringify(document));
    expect(await wire.runTask({ taskDefinition: 'f', count: 1, newer: true })).toBe(
      '{"taskDefinition":"f","count":1,"newer":true}',
    );
  });
});
