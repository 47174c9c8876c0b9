import { z } from 'zod';
import type { ProcessFacts, ProcessPlace, ProcessTable } from './process-table.ts';

/** A process, so that it can be told from a later one of the same number. */
export const ProcessRecord = z.object({
  /** For people: `worker`, `task 0123...`. */
  name: z.string(),
  pid: z.number().int().positive(),
  identity: z.string(),
  command: z.string(),
});
export type ProcessRecord = z.infer<typeof ProcessRecord>;

/** Whoever has a folder. */
export const OwnerRecord = ProcessRecord.extend({
  place: z.object({ boot: z.string(), namespace: z.string() }),
});
export type OwnerRecord = z.infer<typeof OwnerRecord>;

/**
 * One `dev`'s folder as the next one finds it. `owner` is undefined when it died before it had
 * signed the folder.
 */
export interface FoundFolder {
  readonly path: string;
  readonly ownerPid: number;
  readonly owner: OwnerRecord | undefined;
  readonly children: readonly ProcessRecord[];
}

/**
 * What to do about a folder. `elsewhere`: its processes are in another container, and cannot be
 * seen from here.
 */
export type FolderFate =
  | { readonly kind: 'in use' | 'elsewhere' }
  | { readonly kind: 'left behind'; readonly orphans: readonly ProcessRecord[] };

/**
 * Whether a folder's `dev` is gone, and which of its processes live on. Nobody else's process is
 * ever among them.
 */
export function fateOf(
  { ownerPid, owner, children }: FoundFolder,
  table: ProcessTable,
): FolderFate {
  if (owner === undefined) {
    const isTaken = isAlive(table.look(ownerPid));
    return isTaken ? { kind: 'in use' } : { kind: 'left behind', orphans: [] };
  }
  if (owner.place.boot !== table.place.boot) return { kind: 'left behind', orphans: [] };
  if (!isSamePlace(owner.place, table.place)) return { kind: 'elsewhere' };
  if (isSame(owner, table.look(owner.pid))) return { kind: 'in use' };
  return {
    kind: 'left behind',
    orphans: children.filter((child) => isSame(child, table.look(child.pid))),
  };
}

/** Whether a process that was written down is the one of that number now. */
export function isSame(
  record: Pick<ProcessRecord, 'pid' | 'identity'>,
  facts: ProcessFacts | undefined,
): boolean {
  return isAlive(facts) && facts.pid === record.pid && facts.identity === record.identity;
}

function isAlive(facts: ProcessFacts | undefined): facts is ProcessFacts {
  return facts !== undefined && !facts.isZombie;
}

function isSamePlace(one: ProcessPlace, other: ProcessPlace): boolean {
  return one.boot === other.boot && one.namespace === other.namespace;
}
