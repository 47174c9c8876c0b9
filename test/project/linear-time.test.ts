import { Session } from 'node:inspector/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginJob } from '../../src/core/job/configuration.ts';
import { noRails } from '../../src/core/guard/guard-rails.test-support.ts';
import { judgeBeforeReads } from '../../src/core/guard/before-reads.ts';
import { judgeEndpoints } from '../../src/core/guard/endpoints.ts';
import { judgeJob } from '../../src/core/guard/launch.ts';
import { checkParameters } from '../../src/core/plan/check-parameters.ts';
import { launchPlanFor } from '../../src/core/plan/launch-plan.ts';
import { Deployment } from '../../src/core/prefect/deployment.ts';
import { FlowRun } from '../../src/core/prefect/flow-run.ts';
import { Flow } from '../../src/core/prefect/flow.ts';
import { defaultBaseJobTemplate } from '../../src/core/prefect/base-job-template.ts';
import { WorkPool } from '../../src/core/prefect/work-pool.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/kernel/json.ts';

/**
 * V8's coverage counts the steps: calls of functions and runs of blocks, so also each turn of a
 * loop. Production code needs no counter for that. Work inside one step, such as a pattern or a
 * copy, is not counted here; bench/preparation.mjs measures it.
 */
const mostStepsPerByte = 50;

const session = new Session();
beforeAll(async () => {
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
});
afterAll(async () => {
  await session.post('Profiler.stopPreciseCoverage');
  session.disconnect();
});

/** Steps since the last call. */
async function stepsTaken(): Promise<number> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const ours = result.filter(({ url }) => /\/src\/(?:core|kernel)\//.test(url));
  const ranges = ours.flatMap(({ functions }) => functions.flatMap((one) => one.ranges));
  return ranges.reduce((sum, { count }) => sum + count, 0);
}

const rails = {
  ...noRails,
  allowedImages: ['*'],
  allowedTaskRoles: ['*'],
  allowedClusters: ['*'],
  allowedBlocks: ['*'],
  forbiddenEnv: ['NO*NE*', '?-?'],
};

const configuration = defaultBaseJobTemplate['job_configuration'];
const template: JsonObject = {
  ...defaultBaseJobTemplate,
  job_configuration: {
    ...(isJsonObject(configuration) ? configuration : {}),
    name: '{{ name }}',
    labels: '{{ labels }}',
  },
};

/** Computes everything that precedes a run's claim, up to the first error. */
function prepare(deployment: JsonObject, run: JsonObject): void {
  const begun = beginJob({
    workPool: WorkPool.parse({ id: 'p', name: 'p', type: 'ecs', base_job_template: template }),
    deployment: Deployment.parse({ id: 'd', name: 'd', job_variables: deployment }),
    flow: Flow.parse({ id: 'f', name: 'f' }),
    flowRun: FlowRun.parse({ id: 'r', name: 'r', flow_id: 'f', job_variables: run }),
    worker: {
      name: 'w',
      id: undefined,
      prefectVersion: '3',
      passedOnSettings: {},
      environment: {},
      defaultImage: 'i',
      tagBlanks: 'keep',
    },
  });
  judgeBeforeReads(begun, rails);
  const data = { value: 'v'.repeat(1_000), list: [1, { a: 'b' }] };
  const document = { id: 'b', name: 'b', typeSlug: 'json', data, secretFields: [] };
  const withBlocks = begun.withBlocks(
    begun.blocksNeeded.map((reference) => ({ reference, document })),
  );
  const answer = { kind: 'found', value: 'x' } as const;
  const job = withBlocks.withVariables(
    withBlocks.variablesNeeded.map((name) => ({ name, answer })),
  );
  judgeEndpoints(job, rails);
  judgeJob(job, rails);
  checkParameters(job, 'us-east-1', { allowsUnknown: false });
  const plan = launchPlanFor(job, {
    region: 'us-east-1',
    network: { vpcId: 'v', subnets: [{ subnetId: 's', availabilityZone: 'a' }] },
  });
  plan.redactor.document(plan.requestWith({ definitionArn: 'f:1', newlyRegistered: false }));
}

/** Texts that authors may write. Repeated, they drive every loop and pattern. */
const units = [
  'a',
  '{{ ',
  '{{ a',
  '{{ a }}',
  '{{ a.',
  'a.',
  '[0]',
  '}}',
  '-',
  ' ',
  "'",
  '"',
  '\\',
  '&amp;',
  '&#1',
  ',1',
  ':1',
  '/',
];
const references = [
  '{{ name }}',
  '{{ ctx.flow_run.name }}',
  '{{ ctx.flow_run.name[0] }}',
  '{{ prefect.blocks.json.b.list[1].a }}',
  '{{ prefect.blocks.json.b.value[9] }}',
  '{{ prefect.variables.v }}',
  '{{ $HOME }}',
];
const texts = fc.oneof(
  fc.constantFrom(...units),
  fc.constantFrom(...references),
  fc
    .array(fc.constantFrom(...units, ...references), { minLength: 2, maxLength: 4 })
    .map((parts) => parts.join('')),
);
const bytes = fc.constantFrom(10_000, 100_000, 1_000_000);

const members = (count: number, make: (at: number) => readonly [string, Json]): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => make(at)));

/** Job variables of about `size` bytes made from a text, by name. */
const shapes: Readonly<Record<string, (size: number, unit: string) => JsonObject>> = {
  'a long name': (size, unit) => ({ name: unit.repeat(size / unit.length) }),
  'a long name with one placeholder open': (size, unit) => ({
    name: `{{ ${unit.repeat(size / unit.length)}`,
  }),
  'a long command': (size, unit) => ({ command: unit.repeat(size / unit.length) }),
  'a long image': (size, unit) => ({ image: unit.repeat(size / unit.length) }),
  'a long cluster': (size, unit) => ({ cluster: unit.repeat(size / unit.length) }),
  'a long family': (size, unit) => ({ family: unit.repeat(size / unit.length) }),
  'a long definition': (size, unit) => ({ task_definition_arn: unit.repeat(size / unit.length) }),
  'a long label': (size, unit) => ({ labels: { a: unit.repeat(size / unit.length) } }),
  'a long variable': (size, unit) => ({ env: { A: unit.repeat(size / unit.length) } }),
  'many variables': (size, unit) => ({
    env: members(size / (unit.length + 15), (at) => [`N${at}`, unit]),
  }),
  'many labels': (size, unit) => ({
    labels: members(size / (unit.length + 15), (at) => [`n${at}${unit}`, unit]),
  }),
  'many dotted keys': (size, unit) =>
    members(size / (unit.length + 20), (at) => [`env.N${at}.x`, unit]),
  'many dotted keys of one another': (size, unit) =>
    members(size / (unit.length + 20), (at) => [`${'a.'.repeat(at % 50)}b${at}`, unit]),
  'many unknown fields': (size, unit) => ({
    vpc_id: 'v',
    network_configuration: members(size / (unit.length + 15), (at) => [`n${at}${unit}`, unit]),
  }),
  'many items of a wrong kind': (size) => ({
    capacity_provider_strategy: Array.from({ length: size / 10 }, (_, at) => at),
  }),
  'many job variables': (size, unit) =>
    members(size / (unit.length + 15), (at) => [`v${at}`, unit]),
  'one long key': (size, unit) => ({ [`env.${unit.repeat(size / unit.length)}`]: 1 }),
  'a deep value': (size, unit) => ({
    env: {
      A: Array.from({ length: Math.min(size / 10, 3_000) }, () => unit).reduce(
        (inner: Json, key) => ({ [key]: inner }),
        1,
      ),
    },
  }),
  'a long list in a text': (size) => ({
    name: 'x{{ command }}',
    command: Array.from({ length: size / 10 }, (_, at) => at),
  }),
};

describe('Preparing a run takes steps in proportion to its size', () => {
  it.each(Object.entries(shapes))('for %s', async (_name, shape) => {
    await fc.assert(
      fc.asyncProperty(texts, bytes, fc.boolean(), async (unit, size, isOfDeployment) => {
        const variables = shape(size, unit);
        const length = Math.max(10_000, Buffer.byteLength(JSON.stringify(variables)));
        await stepsTaken();

        try {
          prepare(isOfDeployment ? variables : {}, isOfDeployment ? {} : variables);
        } catch (error) {
          // a refusal is fine, an exhausted stack or memory is not
          expect(String(error)).not.toMatch(/^RangeError/);
        }

        expect((await stepsTaken()) / length, `${size} bytes of ${unit}`).toBeLessThan(
          mostStepsPerByte,
        );
      }),
      { numRuns: 12 },
    );
  });
});
