import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../src/kernel/json.ts';
import { JsonRecord } from '../../src/core/prefect/json.ts';
import { readJson } from '../vectors/cases.ts';
import { templateOf, written, type Written } from '../vectors/written-bundles.ts';
import { World } from './world.ts';

/** Follows what users write from their templates to the wire and the worker's log. */
interface Story {
  readonly world: World;
  /** Request bodies to AWS, oldest first. */
  readonly sent: { readonly action: string; readonly body: JsonObject }[];
  /** Schedules a run of a new deployment and waits for its end. */
  run(job?: Pick<Written, 'deployment' | 'run'>): Promise<string>;
}

const aws = {
  aws_access_key_id: '123456789012',
  aws_secret_access_key: 'x',
  region_name: 'us-east-1',
};

async function startStory(pool: Written): Promise<Story & AsyncDisposable> {
  const world = await World.start();
  const template = templateOf({ ...pool, defaults: { ...pool.defaults, aws_credentials: aws } });
  world.prefect.updatePool('pool', { base_job_template: template });
  const sent: { action: string; body: JsonObject }[] = [];
  world.betweenAws = async (request, answer) => {
    const action = request.headers.get('x-amz-target')?.split('.').at(-1) ?? '';
    if (action !== '') {
      // only AWS JSON is recorded: EC2's protocol has no JSON body
      const body = JSON.parse(await request.text()) as Json;
      if (isJsonObject(body)) sent.push({ action, body });
    }
    return answer();
  };
  await world.startWorker();
  let count = 0;
  return {
    world,
    sent,
    run: async ({ deployment = {}, run = {} } = {}) => {
      count += 1;
      const made = world.prefect.createDeployment({
        pool: 'pool',
        name: `story-${count}`,
        jobVariables: deployment,
      });
      const id = world.prefect.schedule(made, { jobVariables: run });
      await world.until('it has ended', () => /^(Completed|Crashed)$/.test(world.stateOf(id)));
      return id;
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

function lastSent({ sent }: Story, action: string): JsonObject {
  return sent.findLast((one) => one.action === action)?.body ?? {};
}

function environmentSent(story: Story): Readonly<Record<string, unknown>> {
  const overrides = lastSent(story, 'RunTask')['overrides'] as {
    readonly containerOverrides: readonly {
      readonly environment: readonly { name: string; value: string }[];
    }[];
  }; // RunTask's input has this shape
  return Object.fromEntries(
    overrides.containerOverrides.flatMap(({ environment }) =>
      environment.map(({ name, value }) => [name, value] as const),
    ),
  );
}

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', '123456789012');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('A number', () => {
  it('of pool, deployment or run reaches the task as Python would write it', async () => {
    await using story = await startStory({
      defaults: { env: written('{"BIG": 987654321098765432, "V": 2.0, "B": false, "E": 1e16}') },
    });

    await story.run({
      deployment: written('{"env": {"D": 2.00}, "labels": {"rate": 2.0}}'),
      run: written('{"env.R": 9007199254740993}'),
    });

    expect(environmentSent(story)).toMatchObject({
      BIG: '987654321098765432',
      V: '2.0',
      B: 'False',
      E: '1e+16',
      D: '2.0',
      R: '9007199254740993',
    });
    expect(lastSent(story, 'RunTask')['tags']).toContainEqual({ key: 'rate', value: '2.0' });
  });
});

describe('A sidecar', () => {
  const ofFlow = { image: '{{ image }}', name: '{{ container_name }}' };
  const agent = { name: 'cwagent', image: 'cw:1', essential: true };

  it.each<[string, readonly JsonObject[], JsonObject]>([
    ['after the flow’s container', [ofFlow, agent], {}],
    ['before the flow’s container', [agent, ofFlow], { image: 'mine:1' }],
  ])('%s never runs the flow', async (_where, containerDefinitions, deployment) => {
    await using story = await startStory({
      configuration: { task_definition: { containerDefinitions } },
    });

    await story.run({ deployment });

    const registered = lastSent(story, 'RegisterTaskDefinition')['containerDefinitions'];
    const image = deployment['image'] ?? 'prefecthq/prefect:3-latest';
    expect(registered).toContainEqual({ name: 'prefect', image });
    expect(registered).toContainEqual(agent);
    expect(lastSent(story, 'RunTask')).toMatchObject({
      overrides: {
        containerOverrides: [{ name: 'prefect', command: ['prefect', 'flow-run', 'execute'] }],
      },
    });
  });

  it('that might be the flow’s container crashes the run instead of running it', async () => {
    const containerDefinitions = [agent, { image: 'mine:1' }];
    await using story = await startStory({
      configuration: { task_definition: { containerDefinitions } },
    });

    const run = await story.run();

    expect(story.world.prefect.stateOf(run).message).toContain(
      'it is unclear which of them runs the flow',
    );
    expect(story.sent.map(({ action }) => action)).not.toContain('RunTask');
  });
});

describe('A warning about an ignored value', () => {
  const warnings = ({ world }: Story, words: string): readonly string[] =>
    world.log.filter((line) => line.includes(' warning ') && line.includes(words));

  it('is logged once a deployment, and again when its variables change', async () => {
    await using story = await startStory({});
    const { world } = story;
    const deployed = (jobVariables: JsonObject) =>
      world.prefect.createDeployment({ pool: 'pool', name: 'same', jobVariables });
    const runOf = async (deployment: ReturnType<typeof deployed>, count: number): Promise<void> => {
      const runs = Array.from({ length: count }, () => world.prefect.schedule(deployment));
      await world.until('they have ended', () =>
        runs.every((run) => world.stateOf(run) === 'Completed'),
      );
      await world.elapse('2m');
    };

    await runOf(deployed({ memory_limit: '12Gi' }), 3);
    await runOf(deployed({ memory_limit: '12Gi' }), 1);
    expect(warnings(story, "'memory_limit' of the deployment is ignored")).toHaveLength(1);
    expect(warnings(story, "Did you mean 'memory'?")).toHaveLength(1);

    await runOf(deployed({ memory_limit: '13Gi' }), 2);
    expect(warnings(story, "'memory_limit' of the deployment is ignored")).toHaveLength(2);
  });

  it('is logged for placeholders in values and for words that the entry point drops', async () => {
    await using story = await startStory({
      configuration: {
        task_definition: {
          containerDefinitions: [
            { name: 'prefect', image: '{{ image }}', entryPoint: ['sh', '-c'] },
          ],
        },
      },
    });

    await story.run({ deployment: { image: '{{ $REG }}/x:1' } });

    expect(
      warnings(story, "'{{ $REG }}' in task_definition.containerDefinitions[0].image"),
    ).toHaveLength(1);
    expect(warnings(story, 'has the entryPoint ["sh","-c"]')).toHaveLength(1);
  });

  it('gives way to a notice for settings that apply on a pool made by the Python CLI', async () => {
    await using story = await startStory({
      template: JsonRecord.parse(readJson('templates/python-newest.json')),
    });

    await story.run({
      deployment: { stream_output: true, execution_role_arn: 'arn:aws:iam::123456789012:role/x' },
    });

    expect(warnings(story, "'stream_output' of the deployment applies as true")).toHaveLength(1);
    expect(story.sent.map(({ action }) => action)).toContain('GetLogEvents');
  });

  it('is logged for --base-job-template when the pool exists', async () => {
    await using world = await World.start();

    await world.startWorker({ baseJobTemplate: { job_configuration: {} } });
    await world.elapse('2m');

    const said = world.log.filter((line) => line.includes('--base-job-template is ignored'));
    expect(said).toEqual([
      expect.stringContaining(
        " warning --base-job-template is ignored: work pool 'pool' already exists",
      ),
    ]);
  });
});
