import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { defaultBaseJobTemplate, parseBaseJobTemplate } from './base-job-template.ts';

describe('The built-in template', () => {
  it("equals the Python worker's, including the order of keys", () => {
    const file = new URL('../../../test/vectors/cases/templates/ours.json', import.meta.url);

    expect(JSON.stringify(withoutTexts(defaultBaseJobTemplate))).toBe(
      JSON.stringify(withoutTexts(JSON.parse(readFileSync(file, 'utf8')))),
    );
  });

  it('replaces an empty one', () => {
    expect(parseBaseJobTemplate({}).jobConfiguration).toBe(
      defaultBaseJobTemplate['job_configuration'],
    );
  });
});

describe('A template', () => {
  it('may lack any part, or have unknown ones', () => {
    expect(parseBaseJobTemplate({ job_configuration: { x: 1 }, more: true })).toEqual({
      jobConfiguration: { x: 1 },
      variableProperties: {},
    });
    expect(parseBaseJobTemplate({ variables: { properties: null } })).toEqual({
      jobConfiguration: {},
      variableProperties: {},
    });
  });

  it.each([
    [{ job_configuration: [] }, 'base_job_template.job_configuration'],
    [{ variables: 'x' }, 'base_job_template.variables'],
    [{ variables: { properties: 1 } }, 'base_job_template.variables.properties'],
  ])('with a part that is not an object is refused: %j', (template, part) => {
    expect(() => parseBaseJobTemplate(template)).toThrow(
      `${part} must be an object. Fix the base job template of the work pool.`,
    );
  });
});

/** Descriptions are in our own words. */
function withoutTexts(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, inner: unknown) =>
      key === 'description' && typeof inner === 'string' ? '' : inner,
    ),
  );
}
