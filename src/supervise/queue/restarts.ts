/** Restarts of the observer before they become rarer (worker.md 10.9). */
export const mostRestarts = 5;
const firstRestartMs = 30_000;
const restartEveryMs = 10 * 60_000;

/**
 * After the sixth crash in a row the observer restarts every ten minutes. It never gives up, or
 * events would be lost until somebody restarts the worker (worker.md 9.11.6).
 */
export function restartAfterMs(crashes: number): number {
  return crashes > mostRestarts ? restartEveryMs : firstRestartMs * 2 ** (crashes - 1);
}
