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
describe('the bounds of a job', () => {
  it('take what is as large as they are', () => {
    const template = { deep: '{{ deep }}', list: '{{ list }}', text: '{{ text }}' };
    const run = { deep: nested(bounds.depth), list: itemsOf(15_000), text: 'x'.repeat(900_000) };

    expect(resolved(template, run)).toEqual(run);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'depth of a run',
      () => resolved({}, { here: nested(bounds.depth + 1) }),
      /^'here' of the flow run's job variables is nested more than 64 levels deep/,
    ],
    [
      'depth of a deployment, far beyond what a stack holds',
      () => resolved({}, {}, { here: nested(200_000) }),
      /^'here' of the deployment's job variables is nested more than 64 levels deep/,
    ],
    [
      'depth of a template',
      () => resolved({ here: nested(bounds.depth + 1) }),
      /^'here' of the pool's template is nested more than 64 levels deep/,
    ],
    [
      'parts of a dotted key',
      () => resolved({}, { [`env${'.x'.repeat(100)}`]: 1 }),
      /^'env(?:\.x){38}\.\.\.\.' of the job variables is nested more than 64 levels deep/,
    ],
    [
      'job variables',
      () => resolved({}, membersOf(10_001)),
      /^The flow run's job variables are 10,001; they may be 10,000\. Put values/,
    ],
    [
      'items',
      () => resolved({ command: '', list: '{{ list }}' }, { list: itemsOf(20_001) }),
      /^'list' makes the flow run's job variables too large: it may have 20,000 values and 1,000,000 characters in all\./,
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
      /^The value of '{{ x }}' makes the texts of the job configuration too large: they may have 1,000,000 characters/,
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
      /^The value of '{{ x }}' makes the texts .* a value in a text 64 levels\./,
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
      /^The flow run's job variables are too large: they may have 20,000 values/,
    ],
    [
      'secrets',
      () =>
        checkSecrets(
          secretsOfBlocks([aBlock(Array.from({ length: 1_001 }, (_, at) => `canary ${at}`))]),
        ),
      /^The job's blocks and variables hold too many secret texts to keep out of logs: 1,001 with 9,901 characters, and/,
    ],
    [
      'long secrets',
      () => checkSecrets(secretsOfBlocks([aBlock('x'.repeat(200_001))])),
      /: 1 with 200,001 characters, and at most 1,000 with 200,000\./,
    ],
    [
      'blocks',
      () =>
        blockReferencesIn(
          Array.from({ length: 201 }, (_, at) => `{{ prefect.blocks.secret.s${at} }}`),
        ),
      /^The job configuration names 201 block documents; at most 200 are read for a flow run\./,
    ],
    [
      'variables of Prefect',
      () =>
        variableReferencesIn(
          Array.from({ length: 1_201 }, (_, at) => `{{ prefect.variables.v${at} }}`),
        ),
      /^The job configuration names 1,201 Prefect variables; at most 200 are read for a flow run\./,
    ],
  ])('refuse too many: %s', (_what, make, words) => {
    expect(make).toThrow(
      expect.objectContaining({ name: 'ValidationError', message: expect.stringMatching(words) }),
    );
  });
});

function aBlock(value: Json) {
  return { id: 'b', name: 's', typeSlug: 'secret', data: { value }, secretFields: undefined };
}
