import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commandScript, runProcess } from './processes.ts';
import { RealWorld } from './real-world.ts';

const Identified = z.looseObject({ id: z.string() });
const Template = z.looseObject({
  variables: z.looseObject({ properties: z.looseObject({ aws_credentials: z.looseObject({}) }) }),
});
const canary = (place: string): string => `canary-of-${place}-0123456789`;

/** Secrets of the worker's environment, which it passes on to the container. */
const workerSecrets = {
  PREFECT_API_KEY: canary('the-api-key'),
  PREFECT_API_AUTH_STRING: canary('the:auth-string'),
  PREFECT_API_DATABASE_CONNECTION_URL: `postgresql://me:${canary('the-database')}@db/prefect`,
  PREFECT_CLIENT_CUSTOM_HEADERS: JSON.stringify({ 'X-Gateway': canary('a-header') }),
};

/** Every secret place holds a unique text, so that a leak names its place. */
describe('A secret', () => {
  let world: RealWorld;
  beforeAll(async () => {
    world = await RealWorld.start('canary');
    await block('secret', 'plain', { value: canary('a-secret-block') });
    await world
      .api('POST', '/block_types/', { name: 'Database', slug: 'database' })
      .then(async (type) =>
        world.api('POST', '/block_schemas/', {
          block_type_id: Identified.parse(type).id,
          fields: { title: 'Database', type: 'object', properties: {}, secret_fields: ['db.*'] },
        }),
      );
    await block('database', 'nested', { db: { dsn: `db://me:${canary('a-json-block')}@db` } });
    const keys = await block('aws-credentials', 'keys', {
      aws_access_key_id: world.awsEnvironment['AWS_ACCESS_KEY_ID'],
      aws_secret_access_key: awsSecret(),
      aws_session_token: canary('an-aws-token'),
      region_name: 'us-east-1',
    });
    const template = Template.parse(
      JSON.parse((await command('work-pool', 'get-default-base-job-template')).output),
    );
    // The UI stores a chosen block in this form.
    template.variables.properties.aws_credentials['default'] = {
      $ref: { block_document_id: keys },
    };
    await world.api('POST', '/work_pools/', {
      name: 'canary',
      type: 'ecs',
      base_job_template: template,
    });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** The only secret that must be valid: the local AWS checks its signature. */
  const awsSecret = (): string =>
    world.awsEnvironment['AWS_SECRET_ACCESS_KEY'] ?? 'none was printed';

  const command = (...args: readonly string[]) =>
    runProcess(
      process.execPath,
      [commandScript, ...args],
      {
        ...world.awsEnvironment,
        ...workerSecrets,
        PREFECT_API_URL: world.apiUrl,
        PREFECT_HOME: world.folder,
      },
      world.folder,
    );

  async function block(typeSlug: string, name: string, data: Readonly<Record<string, unknown>>) {
    const type = Identified.parse(await world.api('GET', `/block_types/slug/${typeSlug}`));
    const [schema] = z.array(Identified).parse(
      await world.api('POST', '/block_schemas/filter', {
        block_schemas: { block_type_id: { any_: [type.id] } },
      }),
    );
    const created = await world.api('POST', '/block_documents/', {
      name,
      data,
      block_type_id: type.id,
      block_schema_id: schema?.id,
    });
    return Identified.parse(created).id;
  }

  const secretVariables = {
    image: 'prefecthq/prefect:{{ prefect.blocks.secret.plain }}',
    env: {
      MY_TOKEN: canary('a-token'),
      DB_PASSWORD: canary('a-password'),
      SIGNING_KEY: canary('a-key'),
      CLIENT_SECRET: canary('a-secret'),
      DSN: '{{ prefect.blocks.database.nested.db.dsn }}',
      HARMLESS: 'x{{ prefect.blocks.secret.plain }}x',
    },
    labels: { note: '{{ prefect.blocks.secret.plain }}' },
    command: "sh -c 'exit 3' {{ prefect.blocks.secret.plain }}",
  };

  it('appears in no log, state or output, even at debug level', async () => {
    const shown = await world.deploy('three_tasks', {
      name: 'shown',
      jobVariables: secretVariables,
    });
    const refused = await world.deploy('three_tasks', {
      name: 'refused',
      jobVariables: {
        ...secretVariables,
        aws_credentials: {
          aws_access_key_id: '123456789012',
          aws_secret_access_key: canary('an-inline-key'),
          region_name: 'us-east-1',
          aws_client_parameters: {
            config: {
              proxies: { http: `http://me:${canary('a-proxy')}@127.0.0.1:9` },
              retries: { total_max_attempts: 1 },
            },
          },
        },
      },
    });

    const readable = await command('render', 'three-tasks/shown');
    const failing = await command('render', 'three-tasks/refused');
    const worker = await world.startWorker([], {
      ...workerSecrets,
      PREFECT_WORKER_DEBUG_MODE: '1',
      PREFECT_ECS_ALLOWED_AWS_ENDPOINTS: '*', // the proxy that job variables name
      PREFECT_LOGGING_LEVEL: 'DEBUG',
    });
    const crashes = await world.schedule(shown);
    const waits = await world.schedule(refused);
    const runs = [crashes, waits];
    const crashed = await world.stateOf(crashes, 'CRASHED');
    const words = crashed.state?.message?.split(' [ecs.')[0] ?? '';
    await world.logLine(crashes, `Reported flow run '${crashes}' as crashed: ${words}`);
    // Its proxy to AWS does not exist. That is no fault of the run, so it stays scheduled.
    await world.logLine(waits, /^This flow run is on hold: .* It stays scheduled/);
    const states = [crashed, await world.stateOf(waits, 'SCHEDULED')];

    const seen = [
      readable.output,
      failing.output,
      worker.lines.join('\n'),
      JSON.stringify(states),
      ...(await Promise.all(runs.map(async (run) => (await world.logsOf(run)).join('\n')))),
      // without the one line that prints the keys on purpose
      world.ecsLines.filter((line) => !line.startsWith('{"AWS_ENDPOINT_URL"')).join('\n'),
    ].join('\n');
    expect(readable.exitCode, readable.output).toBe(0);
    expect(readable.output).toContain('"image": "prefecthq/prefect:***"');
    expect(
      worker.lines.filter((line) => /Task run request|Task definition request/.test(line)),
    ).not.toEqual([]);
    expect(
      seen.split('\n').filter((line) => line.includes('canary-of-') || line.includes(awsSecret())),
    ).toEqual([]);
  });
});
