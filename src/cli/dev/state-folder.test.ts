import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { processTable } from './process-table.ts';
import { fateOf } from './records.ts';
import { findFolders, openStateFolder, stateRoots } from './state-folder.ts';

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'prefect-ecs-state-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

it('Each user has one root for state folders, closed to others', async () => {
  await using temporary = await temporaryFolder();
  const { own } = stateRoots(temporary.path);

  expect(stateRoots(temporary.path)).toEqual({ own, all: [own] });
  expect((await stat(own)).mode & 0o777).toBe(0o700);
});

const userId = process.getuid?.() ?? 0;
const trapName = `prefect-ecs-dev-${userId}`;

it.each<readonly [string, (path: string, temporary: string) => Promise<unknown>]>([
  ['a folder that others can write to', (path) => mkdir(path).then(() => chmod(path, 0o777))],
  ['a folder that others can read', (path) => mkdir(path).then(() => chmod(path, 0o750))],
  ['a link to a folder', (path, temporary) => symlink(temporary, path)],
  ['a dangling link', (path) => symlink('/nowhere/at/all', path)],
  ['a file', (path) => writeFile(path, '')],
])('Another root is used if %s has its name, without following it', async (_trap, makeTrap) => {
  await using temporary = await temporaryFolder();
  const trap = join(temporary.path, trapName);
  await makeTrap(trap, temporary.path);
  const before = await lstat(trap);

  const { own, all } = stateRoots(temporary.path);
  const next = stateRoots(temporary.path);

  expect(own).toMatch(new RegExp(`/${trapName}-\\w{6}$`));
  expect(all).toEqual([own]);
  expect((await stat(own)).mode & 0o777).toBe(0o700);
  expect(next).toEqual({ own, all }); // and what an earlier one left there is found
  expect((await lstat(trap)).ino).toBe(before.ino);
});

it('A temporary directory where others can replace our files is refused', async () => {
  await using temporary = await temporaryFolder();
  await chmod(temporary.path, 0o777);

  expect(() => stateRoots(temporary.path)).toThrow(
    'Set TMPDIR to a folder that only you can write to',
  );

  await chmod(temporary.path, 0o1777);
  expect(stateRoots(temporary.path).all).toHaveLength(1);
});

it('A folder has a record for each running process, and is removed at the end', async () => {
  await using temporary = await temporaryFolder();
  const root = stateRoots(temporary.path).own;
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
      children: [
        { name: 'running', pid: process.pid, identity: table.look(process.pid)?.identity },
      ],
    });
    expect(found && fateOf(found, table)).toEqual({ kind: 'in use' });
  }
  expect(await readdir(root)).toEqual([]);
});

it('Unfinished records are skipped', async () => {
  await using temporary = await temporaryFolder();
  const root = stateRoots(temporary.path).own;
  await using folder = await openStateFolder(root, processTable());
  await writeFile(join(folder.path, 'children', '9.json'), '{"pid":');
  await writeFile(join(folder.path, 'children', '10.json'), '{"pid":1}');
  await writeFile(join(folder.path, 'dev.json'), '');

  expect(findFolders(root)).toEqual([
    { path: folder.path, ownerPid: process.pid, owner: undefined, children: [] },
  ]);
});
