import { uuidV5 } from './uuid-v5.ts';

/**
 * Names a claim's newest launch on servers that refuse PENDING's sub-states (before 3.6.22): there
 * no state can announce it, and whoever adopts the run must know which token was used last
 * (worker.md 8.3).
 */
export const launchLabel = 'prefect.ecs.launch';

export function launchText(launchId: string, attempt: number): string {
  return `${launchId} ${attempt}`;
}

/** The launch number in the label for this claim, or 1. */
export function launchInLabel(labels: Readonly<Record<string, unknown>>, launchId: string): number {
  const text = labels[launchLabel];
  const match = /^([0-9a-f-]{36}) (\d{1,6})$/.exec(typeof text === 'string' ? text : '');
  return match?.[1] === launchId ? Math.max(1, Number(match[2])) : 1;
}

/**
 * RunTask's token for launch `attempt` if no state could announce it: UUID version 5 of the launch
 * id and the number.
 */
export function relaunchToken(launchId: string, attempt: number): string {
  return uuidV5(launchId, String(attempt));
}
