import type { Clock } from '../../kernel/clock.ts';
import type { ProcessFacts, ProcessTable } from './process-table.ts';
import { fateOf, isSame, type ProcessRecord } from './records.ts';
import type { LinePrinter } from './line-printer.ts';
import { findFolders, removeFolder } from './state-folder.ts';

export interface OrphanHunt {
  readonly roots: readonly string[];
  readonly table: ProcessTable;
  readonly clock: Clock;
  readonly printLine: LinePrinter;
}

const endsWithinMs = 5_000;
const lookEveryMs = 100;

/** Stops processes of killed `dev`s and removes their folders. Never touches a live `dev`. */
export async function endOrphans(hunt: OrphanHunt, signal: AbortSignal): Promise<void> {
  for (const folder of hunt.roots.flatMap(findFolders)) {
    const fate = fateOf(folder, hunt.table);
    if (fate.kind !== 'left behind') continue;
    await Promise.all(fate.orphans.map((orphan) => endOrphan(orphan, hunt, signal)));
    await removeFolder(folder.path);
  }
}

/** SIGTERM to the whole group, then SIGKILL if any member still runs five seconds later. */
async function endOrphan(
  orphan: ProcessRecord,
  hunt: OrphanHunt,
  signal: AbortSignal,
): Promise<void> {
  const { table, clock, printLine } = hunt;
  const what = `${orphan.name} (process ${orphan.pid}: ${shortened(orphan.command)})`;
  const members = table.group(orphan.pid);
  signalGroup(orphan.pid, 'SIGTERM');
  for (let waitedMs = 0; waitedMs < endsWithinMs; waitedMs += lookEveryMs) {
    if (!isAnyLeft(members, table)) {
      printLine(`stopped a process left by an earlier \`prefect-ecs dev\`: ${what}`);
      return;
    }
    await clock.sleep(lookEveryMs, signal);
  }
  // While any member lives, the group id cannot be reused, even if the group's leader is gone.
  if (isAnyLeft(members, table)) signalGroup(orphan.pid, 'SIGKILL');
  printLine(
    `killed a process left by an earlier \`prefect-ecs dev\` that ignored SIGTERM: ${what}`,
  );
}

function isAnyLeft(members: readonly ProcessFacts[], table: ProcessTable): boolean {
  return members.some((member) => isSame(member, table.look(member.pid)));
}

function signalGroup(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name);
  } catch {
    // The group is gone already.
  }
}

function shortened(command: string): string {
  return command.length > 80 ? `${command.slice(0, 79)}…` : command;
}
