import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProcess } from '../end-to-end/processes.ts';

/** Runs the audit against a registry that answers only the audit's request, in this way. */
async function auditAgainst(status: number, advisories: unknown) {
  const server = createServer((request, response) => {
    const isAudit = request.url === '/-/npm/v1/security/advisories/bulk';
    request.resume();
    response
      .writeHead(isAudit ? status : 404, { 'content-type': 'application/json' })
      .end(JSON.stringify(isAudit ? advisories : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was assigned');
  // npm caches advisories by number, so each audit needs its own cache
  const cache = await mkdtemp(join(tmpdir(), 'prefect-ecs-audit-'));
  const registry = {
    npm_config_cache: cache,

    npm_config_registry: `http://127.0.0.1:${address.port}/`,
    npm_config_fetch_retries: '0',
  };
  const result = await runProcess(process.execPath, ['scripts/audit.mjs'], registry);
  server.close();
  server.closeAllConnections();
  await rm(cache, { recursive: true, force: true, maxRetries: 5 });
  return result;
}

const advisory = (severity: string) => ({
  ws: [
    {
      id: 1,
      url: 'https://github.com/advisories/GHSA-0',
      title: 'a hole',
      severity,
      vulnerable_versions: '<9999',
      cwe: [],
      cvss: { score: 0, vectorString: null },
    },
  ],
});

it('The audit reports NOT CHECKED and passes when the registry does not answer', async () => {
  const { exitCode, output } = await auditAgainst(405, {});

  expect(output).toMatch(/^NOT CHECKED .*does not answer `npm audit` \(405 Method Not Allowed/);
  expect(exitCode).toBe(0);
});

it('The audit fails for a high severity and names the package', async () => {
  const { exitCode, output } = await auditAgainst(200, advisory('high'));

  expect(output).toContain('high: ws: a hole in <9999 (https://github.com/advisories/GHSA-0)');
  expect(exitCode).toBe(1);
});

it.each([[{}], [advisory('moderate')]])(
  'The audit passes without a high severity: %j',
  async (advisories) => {
    const { exitCode, output } = await auditAgainst(200, advisories);

    expect(output).toMatch(
      /Known vulnerabilities: 0 critical, 0 high, \d moderate, 0 low in \d+ packages\./,
    );
    expect(exitCode).toBe(0);
  },
);
