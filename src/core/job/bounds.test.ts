import { describe, expect, it } from 'vitest';
import { leftOutKey, type Json, type JsonObject } from '../../kernel/json.ts';
import { secretsOfBlocks } from './secrets.ts';
import { bounds, checkSecrets } from './bounds.ts';
import {
  resolveBlocks,
  resolveVariables,
  blockReferencesIn,
  variableReferencesIn,
} from './references.ts';
import { noOrigins } from './origins.ts';
import { resolveTemplate } from './resolve-template.ts';
import { applyValues } from './template.ts';

function resolved(
  jobConfiguration: JsonObject,
  run: JsonObject = {},
  deployment: JsonObject = {},
): JsonObject {
  return resolveTemplate({
    template: { jobConfiguration, variableProperties: {} },
    deploymentVariables: deployment,
    flowRunVariables: run,
    environment: { HOME: 'h'.repeat(1_000) },
  }).value;
}

function nested(levels: number): Json {
  let value: Json = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

const itemsOf = (count: number): readonly Json[] => Array.from({ length: count }, () => 1);
const membersOf = (count: number): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`K${at}`, '']));

/**
 * A job that is larger than all that can run is refused in words that name what is too large, and
 * how large it may be.
 */
describe('The limits on a job', () => {
  it('allow a job of exactly their size', () => {
    const template = { deep: '{{ deep }}', list: '{{ list }}', text: '{{ text }}' };
    const run = { deep: nested(bounds.depth), list: itemsOf(15_000), text: 'x'.repeat(900_000) };

    expect(resolved(template, run)).toEqual(run);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'depth of a run',
      () => resolved({}, { here: nested(bounds.depth + 1) }),
      /^'here' in the flow run's job variables is nested more than 64 levels deep/,
    ],
    [
      'depth of a deployment, far beyond what a stack holds',
      () => resolved({}, {}, { here: nested(200_000) }),
      /^'here' in the deployment's job variables is nested more than 64 levels deep/,
    ],
    [
      'depth of a template',
      () => resolved({ here: nested(bounds.depth + 1) }),
      /^'here' in the pool's template is nested more than 64 levels deep/,
    ],
    [
      'parts of a dotted key',
      () => resolved({}, { [`env${'.x'.repeat(100)}`]: 1 }),
      /^'env(?:\.x){38}\.\.\.\.' in the job variables is nested more than 64 levels deep/,
    ],
    [
      'job variables',
      () => resolved({}, membersOf(10_001)),
      /^The flow run's job variables number 10,001, but at most 10,000 are allowed\. Group/,
    ],
    [
      'items',
      () => resolved({ command: '', list: '{{ list }}' }, { list: itemsOf(20_001) }),
      /^'list' makes the flow run's job variables too large\. It may have at most 20,000 values and 1,000,000 characters\./,
    ],
    [
      'members',
      () => resolved({ env: '{{ env }}' }, { env: membersOf(20_001) }),
      /^'env' makes the flow run's job variables/,
    ],
    [
      'items of a deployment and its run',
      () =>
        resolved({ a: '{{ a }}', b: '{{ b }}' }, { a: itemsOf(15_000) }, { b: itemsOf(15_000) }),
      /^'b' makes the job configuration too large/,
    ],
    [
      'characters',
      () => resolved({ command: '{{ c }}' }, { c: 'x'.repeat(1_000_001) }),
      /^'command' makes/,
    ],
    [
      'names',
      () => resolved({ env: '{{ e }}' }, { e: { ['x'.repeat(1_000_001)]: 1 } }),
      /^'env' makes/,
    ],
    [
      'the same value in many places',
      () => resolved({ list: Array.from({ length: 300 }, () => '{{ x }}') }, { x: itemsOf(300) }),
      /^'list' makes the job configuration too large/,
    ],
    [
      'a long value in a text, many times',
      () => resolved({ command: '{{ x }}'.repeat(300) }, { x: 'y'.repeat(4_000) }),
      /^The value of '{{ x }}' makes the texts of the job configuration too large\. They may have 1,000,000 characters/,
    ],
    [
      'a list in a text, many times',
      () => resolved({ command: '{{ x }}'.repeat(300) }, { x: itemsOf(5_000) }),
      /^The value of '{{ x }}' makes the texts/,
    ],
    [
      'a variable of the worker in a text, many times',
      () => resolved({ command: '{{ $HOME }}'.repeat(1_001) }),
      /^The value of '{{ \$HOME }}' makes the texts/,
    ],
    [
      'a deep value in a text',
      () =>
        applyValues('x{{ x }}', {
          values: { x: nested(200) },
          origins: noOrigins,
          environment: {},
        }),
      /^The value of '{{ x }}' makes the texts .* a value in a text at most 64 levels\./,
    ],
    [
      'a block in a text, many times',
      () =>
        resolveBlocks(
          '{{ prefect.blocks.secret.s }}-'.repeat(300),
          [
            {
              reference: { kind: 'name', typeSlug: 'secret', name: 's' },
              document: aBlock('y'.repeat(4_000)),
            },
          ],
          noOrigins,
        ),
      /^The value of '{{ prefect\.blocks\.secret\.s }}' makes the texts/,
    ],
    [
      'a variable of Prefect in a text, many times',
      () =>
        resolveVariables(
          '{{ prefect.variables.v }}-'.repeat(300),
          [{ name: 'v', answer: { kind: 'found', value: 'y'.repeat(4_000) } }],
          noOrigins,
        ),
      /^The value of '{{ prefect\.variables\.v }}' makes the texts/,
    ],
    [
      'what was too large to be read',
      () => resolved({}, { x: { y: { [leftOutKey]: 16_000_000 } } }),
      /^'x' makes the flow run's job variables too large/,
    ],
    [
      'job variables that were too large to be read',
      () => resolved({}, { [leftOutKey]: 16_000_000 }),
      /^The flow run's job variables are too large\. They may have at most 20,000 values/,
    ],
    [
      'secrets',
      () =>
        checkSecrets(
          secretsOfBlocks([aBlock(Array.from({ length: 1_001 }, (_, at) => `canary ${at}`))]),
        ),
      /^The job's blocks and variables have too many secrets to redact in logs: 1,001 with 9,901 characters; at most/,
    ],
    [
      'long secrets',
      () => checkSecrets(secretsOfBlocks([aBlock('x'.repeat(200_001))])),
      /: 1 with 200,001 characters; at most 1,000 with 200,000 characters are allowed\./,
    ],
    [
      'blocks',
      () =>
        blockReferencesIn(
          Array.from({ length: 201 }, (_, at) => `{{ prefect.blocks.secret.s${at} }}`),
        ),
      /^The job configuration references 201 block documents, but at most 200 are read for a flow run\./,
    ],
    [
      'variables of Prefect',
      () =>
        variableReferencesIn(
          Array.from({ length: 1_201 }, (_, at) => `{{ prefect.variables.v${at} }}`),
        ),
      /^The job configuration references 1,201 Prefect variables, but at most 200 are read for a flow run\./,
    ],
  ])('refuse a job that exceeds them: %s', (_what, make, words) => {
    expect(make).toThrow(
      expect.objectContaining({ name: 'ValidationError', message: expect.stringMatching(words) }),
    );
  });
});

function aBlock(value: Json) {
  return { id: 'b', name: 's', typeSlug: 'secret', data: { value }, secretFields: undefined };
}
