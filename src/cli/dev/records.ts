import { z } from 'zod';
import type { ProcessFacts, ProcessPlace, ProcessTable } from './process-table.ts';

/** A process, with its identity: the pid alone may later belong to another process. */
export const ProcessRecord = z.object({
  /** For people: `worker`, `task 0123...`. */
  name: z.string(),
  pid: z.number().int().positive(),
  identity: z.string(),
  command: z.string(),
});
export type ProcessRecord = z.infer<typeof ProcessRecord>;

/** The `dev` that owns a folder. */
export const OwnerRecord = ProcessRecord.extend({
  place: z.object({ boot: z.string(), namespace: z.string() }),
});
export type OwnerRecord = z.infer<typeof OwnerRecord>;

/** A folder found by a later `dev`. `owner` is undefined if it died before recording itself. */
export interface FoundFolder {
  readonly path: string;
  readonly ownerPid: number;
  readonly owner: OwnerRecord | undefined;
  readonly children: readonly ProcessRecord[];
}

/** What to do with a folder. `elsewhere`: its processes are in another container, not visible. */
export type FolderFate =
  | { readonly kind: 'in use' | 'elsewhere' }
  | { readonly kind: 'left behind'; readonly orphans: readonly ProcessRecord[] };

/**
 * Whether a folder's `dev` is gone, and which of its processes still run. Must never include
 * another process that reused a pid: it would be killed.
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

/** Whether the recorded process is the one that has this pid now. */
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
