import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { commandScript, runProcess, startProcess } from './processes.ts';
import { authority, openTlsDoor, type CertificateName } from './tls-door.ts';

/** The expected line for a certificate that is not trusted. */
const untrusted =
  /signed by an authority that the worker does not trust.*PREFECT_API_SSL_CERT_FILE.* \((DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE)\)/;
const trusting = { PREFECT_API_SSL_CERT_FILE: authority };

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'no-connection-'));
});
afterAll(() => rm(home, { recursive: true }));

/** Runs a worker that must exit by itself; returns its output and how long it took. */
async function started(
  apiUrl: string,
  environment: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
) {
  const begunMs = systemClock.monotonicMs();
  const ended = await runProcess(
    process.execPath,
    [commandScript, 'worker', 'start', '--pool', 'p', ...flags],
    { PREFECT_HOME: home, PREFECT_API_URL: apiUrl, ...environment },
    home,
  );
  return { ...ended, lines: ended.output.split('\n'), tookMs: systemClock.monotonicMs() - begunMs };
}

/** Starts a plain HTTP server that gives every request the same answer. */
async function plainServer(status: number, body: string, type = 'application/json') {
  const server = createServer((_, response) =>
    response.writeHead(status, { 'content-type': type }).end(body),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port, // the server listens on a port, not on a pipe
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Ended = Awaited<ReturnType<typeof started>>;

/** The parts of the result that are promised. */
function told({ exitCode, lines, output, tookMs }: Ended, format: 'text' | 'json') {
  const begin = format === 'text' ? /^error: / : /"level":"error"/;
  return {
    exitCode,
    fatal: lines.filter((line) => begin.test(line)),
    otherFormat: format === 'text' ? [] : lines.filter((line) => !line.startsWith('{')),
    waits: /cannot be reached|unreachable|start Prefect|will retry|started!/i.exec(output)?.[0],
    isQuick: tookMs < 2_000,
  };
}

/** A single line, at once, that mentions neither a wait nor an unreachable server. */
const atOnce = (words: RegExp, exitCode = 1) => ({
  exitCode,
  fatal: [expect.stringMatching(words)],
  otherFormat: [],
  waits: undefined,
  isQuick: true,
});

const formats = ['text', 'json'] as const;
const kinds: readonly { readonly flags: readonly string[] }[] = [
  { flags: [] },
  { flags: ['--type', 'ecs'] },
];

describe.each(formats)('A worker exits at once with one line (%s)', (format) => {
  const say = { PREFECT_ECS_LOG_FORMAT: format };

  describe.each(kinds)('started with $flags', ({ flags }) => {
    it.each<[CertificateName, Readonly<Record<string, string>>, RegExp]>([
      ['for-tests-only', {}, untrusted],
      ['trusted', {}, untrusted],
      ['expired', trusting, /certificate has expired, or the clock .* \(CERT_HAS_EXPIRED\)/],
      ['not-yet-valid', trusting, /is not valid yet, or the clock .* \(CERT_NOT_YET_VALID\)/],
      [
        'foreign-name',
        trusting,
        /is for another name\. Set PREFECT_API_URL to .* \(ERR_TLS_CERT_ALTNAME_INVALID\)/,
      ],
    ])('for a certificate that is %s', async (certificate, environment, words) => {
      await using door = await openTlsDoor(certificate);

      const ended = await started(
        `https://127.0.0.1:${door.port}/api`,
        { ...say, ...environment },
        flags,
      );

      expect(told(ended, format)).toEqual(atOnce(words));
    });

    it('for https to a plain HTTP server', async () => {
      await using server = await plainServer(200, '{}');

      const ended = await started(`https://127.0.0.1:${server.port}/api`, say, flags);

      expect(told(ended, format)).toEqual(
        atOnce(/does not speak TLS on this port\. Use http:..* in PREFECT_API_URL/),
      );
    });

    it('for http to a TLS server', async () => {
      await using door = await openTlsDoor('trusted');

      const ended = await started(`http://127.0.0.1:${door.port}/api`, say, flags);

      expect(told(ended, format)).toEqual(
        atOnce(/speaks TLS on this port\. Use https:..* in PREFECT_API_URL/),
      );
    });

    it.each<[string, number, string, string, RegExp]>([
      [
        'a 404 without /api',
        404,
        '{"detail":"Not Found"}',
        '',
        /404 to POST .work_pools.*PREFECT_API_URL does not end in .api/,
      ],
      [
        'a 404 of another API',
        404,
        '{"detail":"Not Found"}',
        '/api',
        /404 to POST .work_pools.*Check PREFECT_API_URL/,
      ],
      [
        'the pages of the UI',
        200,
        '<!doctype html><html></html>',
        '',
        /a web page, not the API\. PREFECT_API_URL does not end in .api/,
      ],
      [
        'the answer of a server that wants TLS',
        400,
        '<html>The plain HTTP request was sent to HTTPS port</html>',
        '/api',
        /speaks TLS on this port/,
      ],
    ])('for a wrong path or port, recognized by %s', async (_what, status, body, path, words) => {
      await using server = await plainServer(
        status,
        body,
        body.startsWith('<') ? 'text/html' : undefined,
      );

      expect(
        told(await started(`http://127.0.0.1:${server.port}${path}`, say, flags), format),
      ).toEqual(atOnce(words));
    });
  });

  it.each<[string, Readonly<Record<string, string>>, string | undefined, RegExp]>([
    [
      'the environment',
      { PREFECT_API_KEY: 'pnu_canary' },
      undefined,
      /401 .*PREFECT_API_KEY from the environment was sent/,
    ],
    [
      'a profile',
      { PREFECT_PROFILE: 'cloud' },
      undefined,
      /401 .*PREFECT_API_KEY from profile 'cloud' was sent/,
    ],
    [
      'prefect.toml',
      {},
      '[api]\nkey = "pnu_canary"\n',
      /401 .*PREFECT_API_KEY from prefect\.toml was sent/,
    ],
    ['nowhere', {}, undefined, /401 .*no key was sent, because PREFECT_API_KEY is not set/],
  ])('for a refused key, naming its source: %s', async (_place, environment, toml, words) => {
    await using server = await plainServer(401, '{"detail":"Unauthorized"}');
    await writeFile(
      join(home, 'profiles.toml'),
      'active = "none"\n[profiles.none]\n[profiles.cloud]\nPREFECT_API_KEY = "pnu_canary"\n',
    );
    await writeFile(join(home, 'prefect.toml'), toml ?? '');

    const ended = await started(`http://127.0.0.1:${server.port}/api`, {
      ...say,
      ...environment,
    });
    await writeFile(join(home, 'prefect.toml'), '');

    expect(told(ended, format)).toEqual(atOnce(words));
    expect(ended.output).not.toContain('canary');
  });

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    [
      'a key with a line break',
      { PREFECT_API_KEY: 'pnu_canary\nx' },
      /the request cannot be built: .*PREFECT_API_KEY from the environment/,
    ],
    [
      'a header with a line break',
      { PREFECT_CLIENT_CUSTOM_HEADERS: '{"X-Gate": "canary\\nx"}' },
      /the request cannot be built: .*PREFECT_CLIENT_CUSTOM_HEADERS/,
    ],
    [
      'a missing bundle',
      { PREFECT_API_SSL_CERT_FILE: '/no/such.pem' },
      /Cannot read the certificate bundle '\/no\/such\.pem' .*PREFECT_API_SSL_CERT_FILE/,
    ],
    [
      'a bundle without a certificate',
      { PREFECT_API_SSL_CERT_FILE: commandScript },
      /contains no certificate .*PREFECT_API_SSL_CERT_FILE/,
    ],
  ])('for a request that cannot be built: %s', async (_what, environment, words) => {
    await using server = await plainServer(200, '{}');

    const ended = await started(`http://127.0.0.1:${server.port}/api`, {
      ...say,
      ...environment,
    });

    expect(told(ended, format)).toEqual(atOnce(words));
    expect(ended.output).not.toContain('canary');
  });

  it('for an unknown flag or an invalid setting', async () => {
    const flag = await started('http://127.0.0.1:1/api', say, ['--no-such-flag']);
    const setting = await started('http://127.0.0.1:1/api', {
      ...say,
      PREFECT_WORKER_QUERY_SECONDS: 'often',
    });

    expect(told(flag, format)).toEqual(atOnce(/unknown option '--no-such-flag'/, 2));
    expect(told(setting, format)).toEqual(atOnce(/PREFECT_WORKER_QUERY_SECONDS is 'often'/));
  });
});

it('A running worker survives an expired certificate, and logs its expiry and renewal', async () => {
  await using door = await openTlsDoor('trusted', Number(new URL(inject('prefectApiUrl')).port));
  await using worker = startProcess(
    process.execPath,
    [commandScript, 'worker', 'start', '--pool', 'no-connection'],
    {
      PREFECT_HOME: home,
      PREFECT_API_URL: `https://127.0.0.1:${door.port}/api`,
      PREFECT_WORKER_QUERY_SECONDS: '0.5',
      PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED: 'false',
      ...trusting,
    },
    home,
  );
  await worker.line(/started!/);

  door.show('expired');
  const said = await worker.line(/Polling for flow runs failed/, 5_000);
  door.show('trusted');
  await worker.line(/Polling for flow runs works again/, 10_000);
  worker.signal('SIGTERM');

  expect(said).toMatch(
    /No connection to Prefect's API .*certificate has expired.*\(CERT_HAS_EXPIRED\)/,
  );
  expect(worker.lines.filter((line) => /Polling for flow runs failed/.test(line))).toHaveLength(1);
  expect(worker.lines.join('\n')).not.toContain('cannot be reached');
  expect(await worker.ended).toBe(0);
});
