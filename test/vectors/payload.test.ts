import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { settingsLikePython } from '../recorded/settings-like-python.ts';
import { renderBundle } from '../../src/render/bundle.ts';
import { casesOf, readJson } from './cases.ts';
import { comparable, explainDifference } from './comparing.ts';

const Payload = z.object({
  register_task_definition: z.record(z.string(), z.unknown()).nullable(),
  run_task: z.record(z.string(), z.unknown()).nullable(),
  error: z.object({ name: z.string().nullable(), contains: z.array(z.string()) }).nullable(),
  logs: z.array(z.object({ logger: z.string(), level: z.string(), contains: z.string() })),
});

const PayloadCase = z.looseObject({
  bundle: z.looseObject({ work_pool: z.looseObject({}) }),
  expect: Payload,
});

const groups = [
  'variables',
  'merging',
  'blocks',
  'validators',
  'definition',
  'launch',
  'network',
  'request',
  'tags',
  'reuse',
  'linked',
  'environment',
  'pools',
];

describe.each(groups)('A vector of %s', (group) => {
  it.each(casesOf(group, PayloadCase).map((one) => [one.id, one] as const))(
    'holds: %s',
    async (_id, one) => {
      const rendered = await renderBundle(withTemplate(one.bundle), {
        settingsOf: settingsLikePython,
      });

      const expected = one.expect;
      expect(
        explainDifference(expected.run_task, comparable(rendered.run_task, expected.run_task)),
        'run_task',
      ).toBe('');
      if (expected.error === null || rendered.register_task_definition !== null) {
        expect(
          explainDifference(expected.register_task_definition, rendered.register_task_definition),
          'register_task_definition',
        ).toBe('');
      }
      if (expected.error === null) expect(rendered.error).toBeNull();
      else {
        if (expected.error.name !== null)
          expect(rendered.error?.name, rendered.error?.message).toBe(expected.error.name);
        for (const text of expected.error.contains) expect(rendered.error?.message).toContain(text);
      }
      for (const log of expected.logs) {
        expect(rendered.logs).toContainEqual({
          logger: log.logger,
          level: log.level,
          message: expect.stringContaining(log.contains),
        });
      }
    },
  );
});

function withTemplate(bundle: z.infer<typeof PayloadCase>['bundle']): unknown {
  const template = bundle.work_pool['base_job_template'];
  if (typeof template !== 'object' || template === null || !('$file' in template)) return bundle;
  return {
    ...bundle,
    work_pool: { ...bundle.work_pool, base_job_template: readJson(String(template['$file'])) },
  };
}
