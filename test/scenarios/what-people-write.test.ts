import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../src/kernel/json.ts';
import { templateOf, written, type Written } from '../vectors/written-bundles.ts';
import { World } from './world.ts';

/** What people wrote, from their templates to the wire and to the worker's log. */
interface Story {
  readonly world: World;
  /** Bodies on the wire, oldest first. */
  readonly sent: { readonly action: string; readonly body: JsonObject }[];
  /** Runs a run of a deployment to its end. */
  run(job?: Pick<Written, 'deployment' | 'run'>): Promise<string>;
}

const aws = { aws_access_key_id: '123456789012', aws_secret_access_key: 'x', region_name: 'us-east-1' };

async function startStory(pool: Written): Promise<Story & AsyncDisposable> {
  const world = await World.start();
  const template = templateOf({ ...pool, defaults: { ...pool.defaults, aws_credentials: aws } });
  world.prefect.updatePool('pool', { base_job_template: template });
  const sent: { action: string; body: JsonObject }[] = [];
  world.betweenAws = async (request, answer) => {
    const action = request.headers.get('x-amz-target')?.split('.').at(-1) ?? '';
    if (action !== '') {
      const body = JSON.parse(await request.text()) as Json; // AWS JSON; EC2 speaks another protocol
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
  }; // what RunTask takes
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

describe('numbers', () => {
  it('reach the task as Python writes them, from pool, deployment and run', async () => {
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
