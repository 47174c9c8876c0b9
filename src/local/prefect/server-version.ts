/** The version from which the server has each feature (prefect-api.md 10.2). */
const since = {
  deploymentConcurrency: '3.0.4',
  inProcessRetriesKeptOut: '3.1.3',
  labels: '3.1.6',
  basicAuth: '3.1.8',
  storageConfiguration: '3.2.14',
  eventsOutAuth: '3.3.5',
  leases: '3.4.11',
  eventsInHandshake: '3.6.14',
  bulkSetState: '3.6.16',
  pendingSubStates: '3.6.22',
  concurrencyStatus: '3.6.23',
  leaseIdKept: '3.6.24',
  resultsKept: '3.7.1',
  workerChannel: '3.7.2',
  cleanupDelivery: '3.7.4',
  cancellingTimeout: '3.7.5',
  retryKeepsSlot: '3.8.5',
  pausedCancels: '3.8.6',
} as const;
export type Feature = keyof typeof since;

export interface ServerVersion {
  readonly text: string;
  has(feature: Feature): boolean;
}

export const newestVersion = '3.8.8';

export function serverVersion(text: string): ServerVersion {
  return { text, has: (feature) => isAtLeast(text, since[feature]) };
}

/** Compares the three leading numbers. Suffixes (`.dev6`, `rc1`) are ignored. */
export function isAtLeast(version: string, minimum: string): boolean {
  const mine = numbersOf(version);
  const theirs = numbersOf(minimum);
  for (let at = 0; at < 3; at += 1) {
    const difference = (mine[at] ?? 0) - (theirs[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbersOf(version: string): readonly number[] {
  return version.split('.').map((part) => Number.parseInt(part, 10) || 0);
}
