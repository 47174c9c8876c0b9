import type { World } from './world.ts';

/**
 * Counts the worker's log lines since then by their text. Lines of flow runs and debug lines are
 * left out, and so are the parts of a line that vary, such as times.
 */
export function saidSince(world: World, from: number): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const line of world.log.slice(from)) {
    if (line.includes('"flowRunId"') || line.includes(' debug ')) continue;
    const said = line
      .slice(line.indexOf(' ', 25) + 1)
      .replace(/(, | )(since|after|and is retried).*$|\. Tasks are still .*$/, '');
    counts[said] = (counts[said] ?? 0) + 1;
  }
  return counts;
}

/** The default cluster of the world's tasks. */
export const cluster = 'arn:aws:ecs:us-east-1:123456789012:cluster/default';
const user = 'User: arn:aws:sts::123456789012:assumed-role/worker/x';

const withoutRight = (action: string): string => `${user} is not authorized to perform: ${action}`;

/** The error text of a call that AWS denied for a missing permission. */
export const notAuthorized = (action: string): string =>
  `An error occurred (AccessDeniedException) when calling the ${action.split(':')[1] ?? ''} operation: ` +
  withoutRight(action);

/** The fault that makes AWS deny this action. */
export const denied = (action: string) =>
  ({
    kind: 'error',
    status: 400,
    code: 'AccessDeniedException',
    message: withoutRight(action),
  }) as const;
