import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attemptsAfterRebinding,
  attemptsOn,
  requestsWithoutKeys,
  type Addresses,
} from './attempts.ts';
import {
  findChromium,
  hostileHost,
  hostilePage,
  startBrowser,
  type Attempt,
  type Outcome,
} from './hostile-page.ts';
import { asAnotherUser, canBecomeAnother } from './other-user.ts';
import { projectRoot, until } from './processes.ts';
import { Victim } from './victim.ts';

const chromium = findChromium();

/** `dev` with the local Prefect, and with a real one as `npm run demo` starts it. */
const kinds = [
  { kind: 'dev', pool: 'local-ecs', flags: [] },
  { kind: 'demo', pool: 'demo', flags: ['--prefect-server'] },
] as const;

describe.skipIf(chromium === undefined || !existsSync(`${projectRoot}.venv/bin/prefect`))(
  'A stranger',
  () => {
    let folder: string;
    let browser: Browser | undefined;
    let victims: readonly Victim[] = [];
    const victimOf = (kind: string): Victim => {
      const victim = victims[kinds.findIndex((one) => one.kind === kind)];
      if (victim === undefined) throw new Error(`no ${kind} is running`);
      return victim;
    };
    const openBrowser = (): Browser => {
      if (browser === undefined) throw new Error('no browser is running');
      return browser;
    };
    /** The file that a task of this victim writes. */
    const markOf = (kind: string): string => join(folder, `mark-of-${kind}`);
    /** The folder that `dev` would use by default, created first by the other user. */
    const squatted = (): string => join(folder, `prefect-ecs-dev-${process.getuid?.() ?? 0}`);

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'prefect-ecs-strangers-'));
      await chmod(folder, 0o1777); // the mode of the system's own folder for temporary files
      if (canBecomeAnother) await asAnotherUser({ make: squatted() });
      [browser, ...victims] = await Promise.all([
        startBrowser(chromium ?? ''),
        ...kinds.map(({ pool, flags }) => Victim.start(pool, flags, folder)),
      ]);
    });
    afterAll(async () => {
      await browser?.close();
      await Promise.all(victims.map((victim) => victim[Symbol.asyncDispose]()));
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    });

    it.each(kinds)(
      'who is another user of the machine cannot affect a running $kind',
      async ({ kind }) => {
        const victim = victimOf(kind);
        await victim.register(`echo done > ${markOf(kind)}`);
        const deploymentId = await victim.deploy();
        const before = await victim.effects();
        const folders = (await readdir(folder)).map((name) => join(folder, name));

        const found = await asAnotherUser({
          requests: requestsWithoutKeys(victim, deploymentId),
          folders,
        });

        expect(found.statuses.length).toBeGreaterThan(20);
        expect(found.statuses.filter(([, status]) => status < 400)).toEqual([]);
        expect(await victim.effects()).toEqual(before);
        const { AWS_SECRET_ACCESS_KEY: secret, PREFECT_API_AUTH_STRING: authString } = victim.ready;
        const commandLines = found.commandLines.join('\n');
        expect(commandLines).toContain('worker\0start');
        expect([secret, authString].filter((text) => commandLines.includes(text))).toEqual([]);
        if (canBecomeAnother)
          expect([found.environments, found.readable]).toEqual([[], [squatted()]]);
      },
    );

    it.each(kinds)('in a browser page cannot affect a running $kind', async ({ kind }) => {
      const victim = victimOf(kind);
      await victim.register(`echo done > ${markOf(kind)}`);
      const deploymentId = await victim.deploy();
      const before = await victim.effects();

      const { outcomes, statuses } = await attackFromPages(openBrowser(), victim, deploymentId);

      expect(outcomes.length).toBeGreaterThanOrEqual(40);
      expect(outcomes.filter(({ learned }) => /^read (2|[^\d])/.test(learned))).toEqual([]);
      expect(statuses.filter((status) => status < 400)).toEqual([]);
      expect(await victim.effects()).toEqual(before);
      expect(existsSync(markOf(kind))).toBe(false);
    });

    it('in a browser page reaches an open server: the browser itself protects none', async () => {
      await using open = await openServer();
      const origin = `http://127.0.0.1:${open.port}`;
      const addresses = {
        ready: { AWS_ENDPOINT_URL: origin, PREFECT_API_URL: `${origin}/api` },
        pool: 'pool',
      };

      const { outcomes } = await attackFromPages(openBrowser(), addresses, 'some-deployment');

      // A beacon or two may still be under way.
      expect(open.reached.length).toBeGreaterThanOrEqual(outcomes.length - 2);
      expect(outcomes.filter(({ learned }) => learned === 'read 200').length).toBeGreaterThan(15);
    });

    // Last, since the victims change from here on.
    it.each(kinds)('who has the keys can affect a running $kind', async ({ kind }) => {
      const victim = victimOf(kind);
      await victim.register(`echo done > ${markOf(kind)}`);
      const deploymentId = await victim.deploy();
      const before = await victim.effects();

      await victim.runTask();
      await victim.prefect('POST', `/deployments/${deploymentId}/create_flow_run`, {});

      await until('the task to run', 20_000, async () =>
        existsSync(markOf(kind)) ? true : undefined,
      );
      expect(await victim.effects()).not.toEqual(before);
    });
  },
);

async function attackFromPages(browser: Browser, victim: Addresses, deploymentId: string) {
  const { foreign, neighbour, nameless } = attemptsOn(victim, deploymentId);
  const parties: readonly (readonly [string, readonly Attempt[], boolean])[] = [
    [`http://${hostileHost}:1234`, foreign, false],
    ['http://127.0.0.1:1234', neighbour, false],
    ['https://127.0.0.1', neighbour, false],
    [`http://${hostileHost}:1234`, nameless, true],
    ...attemptsAfterRebinding(victim, deploymentId, hostileHost).map(
      ({ origin, attempts }) => [origin, attempts, false] as const,
    ),
  ];
  const seen = await Promise.all(
    parties.map(async ([origin, attempts, isNameless]) => {
      const page = await hostilePage(browser, origin, isNameless);
      const outcomes: Outcome[] = [];
      for (const attempt of attempts) outcomes.push(await page.attempt(attempt));
      await page.close();
      return { outcomes, statuses: page.statuses };
    }),
  );
  return {
    outcomes: seen.flatMap(({ outcomes }) => outcomes),
    statuses: seen.flatMap(({ statuses }) => statuses),
  };
}

/** Starts a server that is open to every page, and records the requests that reach it. */
async function openServer() {
  const reached: string[] = [];
  const server = createServer((request, response) => {
    if (request.method !== 'OPTIONS') reached.push(`${request.method ?? ''} ${request.url ?? ''}`);
    response
      .writeHead(200, {
        'access-control-allow-origin': '*',
        'access-control-allow-headers': '*, authorization',
        'access-control-allow-methods': '*',
      })
      .end();
  });
  server.on('upgrade', (request, socket) => {
    reached.push(`socket ${request.url ?? ''}`);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was assigned');
  return {
    reached,
    port: address.port,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
