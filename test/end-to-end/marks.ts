import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How often user code ran, by flow run, as the flow `leaves_a_mark` wrote it down. */
export async function executionsIn(folder: string): Promise<Readonly<Record<string, number>>> {
  const counted = await Promise.all(
    (await readdir(folder)).map(
      async (runId) => [runId, (await readFile(join(folder, runId), 'utf8')).length] as const,
    ),
  );
  return Object.fromEntries(counted);
}

/** What `executionsIn` answers when nothing was lost and nothing was doubled. */
export const onceEach = (runIds: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(runIds.map((id) => [id, 1]));
