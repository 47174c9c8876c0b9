import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isLoopbackUrl, readProcessSettings } from './process-settings.ts';

it("The process's settings come from overrides, the environment and existing files", () => {
  const home = mkdtempSync(join(tmpdir(), 'prefect-ecs-settings-'));
  try {
    const settings = readProcessSettings({
      PREFECT_HOME: home,
      PREFECT_PROFILE: 'local',
      PREFECT_WORKER_QUERY_SECONDS: '7',
    });

    expect(settings.worker.querySeconds).toBe(7);
    expect(settings.passedOn).toMatchObject({
      PREFECT_HOME: home,
      PREFECT_WORKER_QUERY_SECONDS: '7.0',
    });
    expect(Object.keys(settings.environment)).toContain('PATH');
  } finally {
    rmSync(home, { recursive: true });
  }
});

it.each([
  ['http://127.0.0.1:4200/api', true],
  ['http://127.1.2.3/', true],
  ['http://localhost:1', true],
  ['http://[::1]:1', true],
  ['http://127.0.0.1.example.com', false],
  ['https://api.prefect.cloud', false],
  ['nonsense', false],
])('%s points to this machine: %s', (url, expected) => {
  expect(isLoopbackUrl(url)).toBe(expected);
});
