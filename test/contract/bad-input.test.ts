import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandScript, runProcess, startProcess } from '../end-to-end/processes.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'prefect-ecs-bad-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return runProcess(
    process.execPath,
    [commandScript, 'worker', 'start', ...args],
    { PREFECT_HOME: home, ...environment },
    home,
  );
}

/** Starts a Prefect that gives every request the same answer. */
async function prefectThatAnswers(
  status: number,
  body: unknown,
): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/api`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe('A worker exits at once with one line that says what to do', () => {
  it.each([
    ['an unknown flag', ['--pool', 'p', '--nope'], {}, 2, /unknown option '--nope'/],
    ['no pool', [], {}, 2, /required option '-p, --pool <name>' not specified/],
    [
      'a limit that is not a number',
      ['--pool', 'p', '--limit', 'many'],
      {},
      2,
      /Give a whole number, at least 1/,
    ],
    [
      'another worker type',
      ['--pool', 'p', '--type', 'docker'],
      {},
      2,
      /only supports work pools of type 'ecs'/,
    ],
    [
      'a name with a slash',
      ['--pool', 'p', '--name', 'a/b'],
      {},
      2,
      /must not contain '\/' or '%'/,
    ],
    [
      'a missing template file',
      ['--pool', 'p', '--type', 'ecs', '--base-job-template', 'no.json'],
      { PREFECT_API_URL: 'http://127.0.0.1:59123/api' },
      2,
      /cannot read the file/,
    ],
    ['no API URL', ['--pool', 'p'], {}, 1, /PREFECT_API_URL must be set to start a Worker/],
    [
      'a malformed URL',
      ['--pool', 'p'],
      { PREFECT_API_URL: 'localhost/api' },
      1,
      /PREFECT_API_URL is 'localhost\/api' \(from environment\), which is invalid: give a URL/,
    ],
    [
      'a setting that is not a number',
      ['--pool', 'p'],
      { PREFECT_API_URL: 'http://127.0.0.1:59123/api', PREFECT_WORKER_QUERY_SECONDS: 'often' },
      1,
      /PREFECT_WORKER_QUERY_SECONDS is 'often'/,
    ],
    [
      'an unreachable server without --type',
      ['--pool', 'p'],
      { PREFECT_API_URL: 'http://127.0.0.1:59123/api' },
      1,
      /cannot be reached.*pass `--type ecs`/,
    ],
    [
      'an unreachable server with --run-once',
      ['--pool', 'p', '--type', 'ecs', '--run-once'],
      { PREFECT_API_URL: 'http://127.0.0.1:59123/api' },
      1,
      /cannot be reached/,
    ],
  ])('for %s', async (_what, args, environment, exitCode, line) => {
    const ended = await start(args, environment);

    expect(ended.exitCode, ended.output).toBe(exitCode);
    expect(ended.output).toMatch(line);
    expect(
      ended.output.split('\n').filter((text) => text.includes('"level":"error"')),
    ).toHaveLength(1);
    expect(ended.output).not.toMatch(/^ {4}at /m);
  });

  it.each([
    [401, { exception_message: 'Unauthorized' }, /Prefect answered 401 .*: Unauthorized/],
    [403, { detail: 'Missing CSRF token.' }, /Prefect answered 403 /],
    [422, { exception_message: 'Invalid request received.' }, /Prefect answered 422 /],
  ])('for a server that answers %d', async (status, body, line) => {
    await using prefect = await prefectThatAnswers(status, body);

    const ended = await start(['--pool', 'p', '--type', 'ecs'], { PREFECT_API_URL: prefect.url });

    expect(ended.exitCode, ended.output).toBe(1);
    expect(ended.output).toMatch(line);
  });

  it('for a URL that is not Prefect’s (404)', async () => {
    await using prefect = await prefectThatAnswers(404, { detail: 'Not Found' });

    const ended = await start(['--pool', 'p', '--type', 'ecs'], { PREFECT_API_URL: prefect.url });

    expect(ended.exitCode, ended.output).toBe(1);
    expect(ended.output).toMatch(/Prefect answered 404 to POST \/work_pools\//);
  });

  it('and shows a stack only with --debug', async () => {
    const ended = await runProcess(
      process.execPath,
      [commandScript, '--debug', 'worker', 'start', '--pool', 'p'],
      { PREFECT_HOME: home, PREFECT_ECS_LOG_FORMAT: 'text' },
      home,
    );

    expect(ended.output).toMatch(/^ {4}at /m);
  });
});

it('A worker waits for an unreachable server and logs one line', async () => {
  await using worker = startProcess(
    process.execPath,
    [commandScript, 'worker', 'start', '--pool', 'p', '--type', 'ecs'],
    {
      PREFECT_HOME: home,
      PREFECT_API_URL: 'http://127.0.0.1:59123/api',
      PREFECT_WORKER_HEARTBEAT_SECONDS: '1',
    },
    home,
  );

  await worker.line(/started!/);
  await worker.line(/will keep attempting to connect/);
  worker.signal('SIGTERM');
  const exitCode = await worker.ended;

  expect(exitCode, worker.lines.join('\n')).toBe(0);
  expect(
    worker.lines.filter((line) => /attempting to connect|Heartbeat failed/.test(line)),
  ).toHaveLength(1);
});
