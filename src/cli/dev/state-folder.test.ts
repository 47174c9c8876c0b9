import { chmod, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { processTable } from './process-table.ts';
import { fateOf } from './records.ts';
import { findFolders, openStateFolder, stateRoot } from './state-folder.ts';

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'prefect-ecs-state-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

it('is one place a user, closed to others, and refused when it is not', async () => {
  await using temporary = await temporaryFolder();
  const root = stateRoot(temporary.path);

  expect(stateRoot(temporary.path)).toBe(root);
  expect((await stat(root)).mode & 0o777).toBe(0o700);
  await chmod(root, 0o777);
  expect(() => stateRoot(temporary.path)).toThrow('is not a folder that only you can use');
  await rm(root, { recursive: true });
  await symlink(temporary.path, root);
  expect(() => stateRoot(temporary.path)).toThrow('is not a folder that only you can use');
});

it('holds a record for each process while it runs, and is gone at the end', async () => {
  await using temporary = await temporaryFolder();
  const root = stateRoot(temporary.path);
  const table = processTable();
  {
    await using folder = await openStateFolder(root, table);
    const ended = folder.record('ended', process.pid);
    folder.record('running', process.pid);
    folder.record('never begun', undefined);
    ended[Symbol.dispose]();

    const [found] = findFolders(root);

    expect(found).toMatchObject({
      path: folder.path,
      ownerPid: process.pid,
      owner: { name: 'dev', pid: process.pid, place: table.place },
      children: [{ name: 'running', pid: process.pid, identity: table.look(process.pid)?.identity }],
    });
    expect(found && fateOf(found, table)).toEqual({ kind: 'in use' });
  }
  expect(await readdir(root)).toEqual([]);
});

it('passes over records that their writer did not finish', async () => {
  await using temporary = await temporaryFolder();
  const root = stateRoot(temporary.path);
  await using folder = await openStateFolder(root, processTable());
  await writeFile(join(folder.path, 'children', '9.json'), '{"pid":');
  await writeFile(join(folder.path, 'children', '10.json'), '{"pid":1}');
  await writeFile(join(folder.path, 'dev.json'), '');

  expect(findFolders(root)).toEqual([
    { path: folder.path, ownerPid: process.pid, owner: undefined, children: [] },
  ]);
});
