import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commandScript, projectRoot, runProcess } from '../end-to-end/processes.ts';
import { readJson } from '../vectors/cases.ts';

const Cases = z.array(
  z.looseObject({
    id: z.string(),
    bundle: z.looseObject({}),
    expect: z.looseObject({ error: z.unknown() }),
  }),
);
const Given = z.object({ name: z.string(), message: z.string() });
const Wrong = z.object({ name: z.string().nullable(), contains: z.array(z.string()) }).nullable();
const cases = Cases.parse([
  ...z.array(z.unknown()).parse(readJson('launch.json')),
  ...z.array(z.unknown()).parse(readJson('reuse.json')),
]);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prefect-ecs-render-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function render(bundle: unknown, ...flags: readonly string[]) {
  const file = join(folder, 'bundle.json');
  await writeFile(
    file,
    JSON.stringify(bundle).replaceAll(
      '"templates/',
      `"${projectRoot}test/vectors/cases/templates/`,
    ),
  );
  return runProcess(
    process.execPath,
    [commandScript, 'render', '--from-file', file, ...flags],
    {},
    folder,
  );
}

const first = (isWanted: (one: (typeof cases)[number]) => boolean): (typeof cases)[number] => {
  const found = cases.find(isWanted);
  if (found === undefined) throw new Error('no such case');
  return found;
};

describe('render --from-file', () => {
  it('prints one JSON object and nothing else', async () => {
    const { exitCode, output } = await render(
      first((one) => one.expect.error === null).bundle,
      '--json',
    );

    expect(exitCode, output).toBe(0);
    expect(Object.keys(JSON.parse(output)).sort()).toEqual([
      'error',
      'logs',
      'register_task_definition',
      'run_task',
    ]);
  });

  it('exits with 1 when the launch would fail, and shows the error', async () => {
    const { exitCode, output } = await render(
      first((one) => one.expect.error !== null).bundle,
      '--json',
    );

    expect(exitCode).toBe(1);
    expect(JSON.parse(output)).toMatchObject({
      run_task: null,
      error: { name: expect.any(String), message: expect.any(String) },
    });
  });

  it('shows the message of the contract for each vector with an error', async () => {
    const groups = [
      'validators',
      'definition',
      'launch',
      'request',
      'blocks',
      'merging',
      'linked',
      'network',
    ];
    const wrong = Cases.parse(
      groups.flatMap((group) => z.array(z.unknown()).parse(readJson(`${group}.json`))),
    ).flatMap((one) => {
      const error = Wrong.parse(one.expect.error);
      return error === null ? [] : [{ ...one, error }];
    });

    const told: string[] = [];
    for (const { id, bundle, error } of wrong) {
      const { exitCode, output } = await render(bundle, '--json');
      const { error: given } = z.object({ error: Given }).parse(JSON.parse(output));
      const isRight =
        exitCode === 1 &&
        (error.name === null || given.name === error.name) &&
        error.contains.every((words) => given.message.includes(words));
      if (!isRight) told.push(`${id}: ${given.name}: ${given.message}`);
    }

    expect(wrong.length).toBeGreaterThanOrEqual(30);
    expect(told).toEqual([]);
  });

  it('shows both documents, the call budget and the outcome as text, and no secret', async () => {
    const { bundle } = first((one) => one.expect.error === null);
    const secret = 'canary-of-an-api-key-that-is-long';
    const worker = z.looseObject({ environment: z.looseObject({}) }).parse(bundle['worker']);
    const withKey = {
      ...bundle,
      worker: { ...worker, environment: { ...worker.environment, PREFECT_API_KEY: secret } },
    };

    const { exitCode, output } = await render(withKey);

    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/^RegisterTaskDefinition$/m);
    expect(output).toMatch(/^RunTask$/m);
    expect(output).toMatch(/^container overrides: [\d,]+ of 8,192 characters$/m);
    expect(output).toMatch(/^definition: registers the first revision of family prefect_/m);
    expect(output).not.toContain(secret);
  });

  it('refuses what a setting of the worker forbids, as a launch would', async () => {
    const { bundle } = first((one) => one.expect.error === null);
    const worker = z.looseObject({ environment: z.looseObject({}) }).parse(bundle['worker']);
    const environment = { ...worker.environment, PREFECT_ECS_ALLOWED_IMAGES: 'mine/*' };

    const { exitCode, output } = await render({ ...bundle, worker: { ...worker, environment } });

    expect(exitCode, output).toBe(1);
    expect(output).toMatch(
      /^error: NotAllowed: PREFECT_ECS_ALLOWED_IMAGES does not allow the image '.*' of container/m,
    );
    expect(output).not.toMatch(/^RunTask$/m);
  });

  it.each([
    ['a missing file', 'nothing.json', /Cannot read nothing\.json/],
    ['a file that is not JSON', 'broken.json', /broken\.json is not valid JSON/],
  ])('treats %s as a usage error', async (_what, name, line) => {
    await writeFile(join(folder, 'broken.json'), '{');

    const { exitCode, output } = await runProcess(
      process.execPath,
      [commandScript, 'render', '--from-file', name],
      {},
      folder,
    );

    expect(exitCode).toBe(2);
    expect(output).toMatch(line);
  });
});
