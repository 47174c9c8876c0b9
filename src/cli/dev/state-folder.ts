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

/** Writes a process that was started down, until disposed of when it has ended. */
export type RecordProcess = (name: string, pid: number | undefined) => Disposable;

/**
 * The folder of one `dev`: its temporary files, and what it started. Disposing of it removes it.
 */
export interface StateFolder extends AsyncDisposable {
  readonly path: string;
  readonly record: RecordProcess;
}

const ownerFile = 'dev.json';
const childrenFolder = 'children';

/**
 * Where the `dev`s of a user have their folders: `own` for this one, and `all`, where earlier ones
 * may have left something.
 */
export interface StateRoots {
  readonly own: string;
  readonly all: readonly string[];
}

/**
 * Folders `prefect-ecs-dev-<uid>` and `prefect-ecs-dev-<uid>-xxxxxx` of the place for temporary
 * files that are this user's and closed to all others: processes are ended by what is written
 * there, and secrets lie there. Everybody may make files in that place, so what stands there under
 * our name may be a trap: a link, a folder of somebody else's, or one that others may write to.
 * Such a thing is passed over, never followed, and another name is taken in its stead, which nobody
 * can foresee.
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

/** Where others may rename and remove what is ours, no check of it holds. */
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
    // Something stands there, whatever it is.
  }
}

function isClosedTo(path: string, user: number): boolean {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  return (
    facts !== undefined && facts.isDirectory() && facts.uid === user && (facts.mode & 0o077) === 0
  );
}

export async function openStateFolder(root: string, table: ProcessTable): Promise<StateFolder> {
  // The number in the name says whose it is until the folder is signed.
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
      // it never began, or is over
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

/**
 * At once: between the start of a process and its record nothing may go wrong but a kill in that
 * very instant.
 */
function writeRecord(file: string, record: ProcessRecord | OwnerRecord): void {
  writeFileSync(file, JSON.stringify(record), { mode: 0o600 });
}

function readRecord<T>(schema: z.ZodType<T>, file: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined; // removed meanwhile, or its writer was killed while it wrote
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
