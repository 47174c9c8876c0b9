import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Counts executions of user code by flow run, from the files of the flow `leaves_a_mark`. */
export async function executionsIn(folder: string): Promise<Readonly<Record<string, number>>> {
  const counted = await Promise.all(
    (await readdir(folder)).map(
      async (runId) => [runId, (await readFile(join(folder, runId), 'utf8')).length] as const,
    ),
  );
  return Object.fromEntries(counted);
}

/** The result of `executionsIn` when every run's user code ran exactly once. */
export const onceEach = (runIds: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(runIds.map((id) => [id, 1]));
