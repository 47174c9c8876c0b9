/** Of the observer, before it is started again more seldom (worker.md 10.9). */
export const mostRestarts = 5;
const firstRestartMs = 30_000;
const restartEveryMs = 10 * 60_000;

/**
 * It never gives up: after the sixth crash in a row it is started again every ten minutes
 * (worker.md 9.11.6).
 */
export function restartAfterMs(crashes: number): number {
  return crashes > mostRestarts ? restartEveryMs : firstRestartMs * 2 ** (crashes - 1);
}
