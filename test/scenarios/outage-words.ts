import type { World } from './world.ts';

/**
 * How often the worker said what since then: lines of flow runs and DEBUG left out, and of the
 * others what changes.
 */
export function saidSince(world: World, from: number): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const line of world.log.slice(from)) {
    if (line.includes('"flowRunId"') || line.includes(' debug ')) continue;
    const said = line
      .slice(line.indexOf(' ', 25) + 1)
      .replace(/(, | )(since|after|will keep trying).*$|\. Tasks are still .*$/, '');
    counts[said] = (counts[said] ?? 0) + 1;
  }
  return counts;
}

/** Where tasks of the world run, unless told otherwise. */
export const cluster = 'arn:aws:ecs:us-east-1:123456789012:cluster/default';
const user = 'User: arn:aws:sts::123456789012:assumed-role/worker/x';

const withoutRight = (action: string): string => `${user} is not authorized to perform: ${action}`;

/** What people read of a call that AWS refused for a right that the worker has not. */
export const notAuthorized = (action: string): string =>
  `An error occurred (AccessDeniedException) when calling the ${action.split(':')[1] ?? ''} operation: ` +
  withoutRight(action);

/** An answer of AWS, as a fault. */
export const denied = (action: string) =>
  ({
    kind: 'error',
    status: 400,
    code: 'AccessDeniedException',
    message: withoutRight(action),
  }) as const;
