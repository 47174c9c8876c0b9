import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { CommandError } from '../command-context.ts';
import type { ProcessTable } from './process-table.ts';
import { OwnerRecord, ProcessRecord, type FoundFolder } from './records.ts';

/** Writes a process that was started down, until disposed of when it has ended. */
export type RecordProcess = (name: string, pid: number | undefined) => Disposable;

/** The folder of one `dev`: its temporary files, and what it started. Disposing of it removes it. */
export interface StateFolder extends AsyncDisposable {
  readonly path: string;
  readonly record: RecordProcess;
}

const ownerFile = 'dev.json';
const childrenFolder = 'children';

/** Where every `dev` of this user has its folder: the same place at each start, and no other user's business. */
export function stateRoot(temporary = tmpdir(), user = process.getuid?.() ?? 0): string {
  const root = join(temporary, `prefect-ecs-dev-${user}`);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const facts = lstatSync(root);
  // Processes are ended by what is written there: nobody else may have made it, or may write to it.
  if (facts.isDirectory() && facts.uid === user && (facts.mode & 0o077) === 0) return root;
  throw new CommandError(`${root} is not a folder that only you can use. Remove it, and start again.`);
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
      if (record === undefined) return { [Symbol.dispose]: () => undefined }; // it never began, or is over
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
        children: namesIn(children).flatMap((file) => readRecord(ProcessRecord, join(children, file)) ?? []),
      },
    ];
  });
}

function recordOf(name: string, pid: number, table: ProcessTable): ProcessRecord | undefined {
  const facts = table.look(pid);
  if (facts === undefined) return undefined;
  return { name, pid, identity: facts.identity, command: facts.command };
}

/** At once: between the start of a process and its record nothing may go wrong but a kill in that very instant. */
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
