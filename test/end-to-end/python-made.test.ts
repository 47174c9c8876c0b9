import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot, python, runProcess } from './processes.ts';
import { RealWorld } from './real-world.ts';

const deployScript = `
import sys
from prefect import flow

deployed = flow.from_source(source=sys.argv[1], entrypoint="flows.py:three_tasks").deploy(
    name="by-the-sdk",
    work_pool_name=sys.argv[2],
    image="prefecthq/prefect:3-latest",
    build=False,
    push=False,
    job_variables={"env": {"EXTRA": "from the deployment"}, "cpu": 512, "memory": 1024},
)
print(f"deployment {deployed}")
`;

describe('A pool of the Python CLI', () => {
  let world: RealWorld;

  beforeAll(async () => {
    world = await RealWorld.start('made-by-python');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('works unchanged, with a deployment of the Python SDK', async () => {
    const environment = { PREFECT_API_URL: world.apiUrl, PREFECT_HOME: world.folder };
    const script = join(world.folder, 'deploy.py');
    await writeFile(script, deployScript);
    const created = await runProcess(
      `${projectRoot}.venv/bin/prefect`,
      ['work-pool', 'create', world.pool, '--type', 'ecs'],
      environment,
    );
    expect(created.exitCode, created.output).toBe(0);
    const deployed = await runProcess(
      python,
      [script, `${projectRoot}test/end-to-end/flows`, world.pool],
      environment,
      world.folder,
    );
    expect(deployed.exitCode, deployed.output).toBe(0);
    const deployment = /^deployment (\S+)$/m.exec(deployed.output)?.[1] ?? '';
    await world.startWorker();

    const run = await world.stateOf(await world.schedule(deployment), 'COMPLETED');

    expect(run.state_type).toBe('COMPLETED');
  });
});
