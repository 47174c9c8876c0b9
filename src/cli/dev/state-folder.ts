import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { CommandError } from '../command-context.ts';
import type { ProcessTable } from './process-table.ts';
import { OwnerRecord, ProcessRecord, type FoundFolder } from './records.ts';

/** Records a started process. Dispose when it has exited. */
export type RecordProcess = (name: string, pid: number | undefined) => Disposable;

/** The folder of one `dev`: temporary files and records of processes. Disposing removes it. */
export interface StateFolder extends AsyncDisposable {
  readonly path: string;
  readonly record: RecordProcess;
}

const ownerFile = 'dev.json';
const childrenFolder = 'children';

/** Parents of a user's `dev` folders: `own` for this one, `all` including those of earlier ones. */
export interface StateRoots {
  readonly own: string;
  readonly all: readonly string[];
}

/**
 * Folders `prefect-ecs-dev-<uid>` and `prefect-ecs-dev-<uid>-xxxxxx` in the temporary directory
 * that belong to this user and are closed to all others. They contain secrets, and processes are
 * killed by what is written there. Anybody can create files in the temporary directory, so an
 * entry with our name may be a trap: a link, another user's folder, or one that others can write
 * to. Such an entry is skipped, never followed, and a new folder with an unpredictable name is
 * used instead.
 */
export function stateRoots(temporary = tmpdir(), user = process.getuid?.() ?? 0): StateRoots {
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  refuseUnlessSticky(temporary, user);
  const name = `prefect-ecs-dev-${user}`;
  const first = join(temporary, name);
  makeFolder(first);
  const found = readdirSync(temporary)
    .filter((entry) => entry === name || entry.startsWith(`${name}-`))
    .sort()
    .map((entry) => join(temporary, entry))
    .filter((path) => isClosedTo(path, user));
  const own = found[0] ?? mkdtempSync(`${first}-`);
  return { own, all: found.length === 0 ? [own] : found };
}

/** If others can rename or remove our files, no check of them is worth anything. */
function refuseUnlessSticky(temporary: string, user: number): void {
  const { mode, uid } = statSync(temporary);
  const isOthers = uid !== user && uid !== 0;
  const isOpen = (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
  if (!isOthers && !isOpen) return;
  throw new CommandError(
    `Other users of this machine can replace files in ${temporary}. Set TMPDIR to a folder that only you can write to, or ` +
      `make this one sticky (chmod +t ${temporary}).`,
  );
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch {
    // The name exists. `isClosedTo` decides whether it is usable.
  }
}

function isClosedTo(path: string, user: number): boolean {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  return (
    facts !== undefined && facts.isDirectory() && facts.uid === user && (facts.mode & 0o077) === 0
  );
}

export async function openStateFolder(root: string, table: ProcessTable): Promise<StateFolder> {
  // Until the owner record is written, the pid in the name identifies the owner.
  const path = await mkdtemp(join(root, `dev-${process.pid}-`));
  const children = join(path, childrenFolder);
  mkdirSync(children);
  const owner = recordOf('dev', process.pid, table);
  if (owner !== undefined) writeRecord(join(path, ownerFile), { ...owner, place: table.place });
  let count = 0;
  return {
    path,
    record: (name, pid) => {
      const record = pid === undefined ? undefined : recordOf(name, pid, table);
      // The process never started, or has exited.
      if (record === undefined) return { [Symbol.dispose]: () => undefined };
      count += 1;
      const file = join(children, `${count}.json`);
      writeRecord(file, record);
      return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
    },
    [Symbol.asyncDispose]: () => removeFolder(path),
  };
}

export function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 5 });
}

/** The folders of all `dev`s of this user, running or not. */
export function findFolders(root: string): readonly FoundFolder[] {
  return readdirSync(root).flatMap((name) => {
    const ownerPid = /^dev-(\d+)-/.exec(name)?.[1];
    if (ownerPid === undefined) return [];
    const path = join(root, name);
    const children = join(path, childrenFolder);
    return [
      {
        path,
        ownerPid: Number(ownerPid),
        owner: readRecord(OwnerRecord, join(path, ownerFile)),
        children: namesIn(children).flatMap(
          (file) => readRecord(ProcessRecord, join(children, file)) ?? [],
        ),
      },
    ];
  });
}

function recordOf(name: string, pid: number, table: ProcessTable): ProcessRecord | undefined {
  const facts = table.look(pid);
  if (facts === undefined) return undefined;
  return { name, pid, identity: facts.identity, command: facts.command };
}

/** Synchronous: only a kill at that very moment may leave a started process unrecorded. */
function writeRecord(file: string, record: ProcessRecord | OwnerRecord): void {
  writeFileSync(file, JSON.stringify(record), { mode: 0o600 });
}

function readRecord<T>(schema: z.ZodType<T>, file: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined; // removed meanwhile, or its writer was killed while writing
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
