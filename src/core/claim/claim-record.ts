/**
 * Where a claim's task runs, according to the claim's message. Absent if the preparation failed.
 */
export interface ClaimPlace {
  readonly cluster: string;
  readonly account: string;
  readonly region: string;
}

/** A process of a worker. Two processes may share a name, but never a process id. */
export interface Owner {
  readonly workerName: string;
  readonly processId: string;
}

/** The content of a claim, stored in the message of its `Pending` (worker.md 0.4.3). */
export interface ClaimRecord extends Owner {
  readonly place: ClaimPlace | undefined;
}

/**
 * The message of a claim. Workers of other versions parse it with `parseClaimMessage`: never change
 * it.
 */
export function claimMessage(owner: Owner, place: ClaimPlace | undefined): string {
  const claimed = `Claimed by worker '${owner.workerName}' (${owner.processId})`;
  if (place === undefined) return `${claimed}.`;
  return `${claimed} for cluster '${place.cluster}' in ${place.account}/${place.region}.`;
}

/** A worker's name may contain quotes and parentheses. The process id is the last match. */
const claimPattern =
  /^Claimed by worker '(.*)' \(([0-9a-f-]{36})\)(?: for cluster '(.*)' in ([^/\s]*)\/([^/\s]*))?\.$/s;

/** Undefined for the `Pending` of any other worker. */
export function parseClaimMessage(message: string | undefined): ClaimRecord | undefined {
  const match = claimPattern.exec(message ?? '');
  if (match === null) return undefined;
  const [, workerName = '', processId = '', cluster, account = '', region = ''] = match;
  return {
    workerName,
    processId,
    place: cluster === undefined ? undefined : { cluster, account, region },
  };
}

/**
 * The label that names the process that follows a run's task. It outlives that process, and tells
 * the others whose death makes the run theirs to adopt (worker.md 9.7.2).
 */
export const followerLabel = 'prefect.ecs.follower';

export function followerText(launchId: string, owner: Owner): string {
  return `${launchId} ${owner.processId} ${owner.workerName}`;
}

/**
 * The label of a claim that names no process: its worker lacks a right, and a peer that has the
 * right may launch it (worker.md 9.7.4).
 */
export function handedOnText(launchId: string): string {
  return `${launchId} ${nobody} ${nobody}`;
}

const nobody = '-';

export function isNobody({ processId }: Owner): boolean {
  return processId === nobody;
}

/** Undefined if the label is missing or not ours. */
export function parseFollower(
  labels: Readonly<Record<string, unknown>>,
): (Owner & { readonly launchId: string }) | undefined {
  const text = labels[followerLabel];
  const match = /^([0-9a-f-]{36}) ([0-9a-f-]{36}|-) (.*)$/s.exec(
    typeof text === 'string' ? text : '',
  );
  if (match === null) return undefined;
  const [, launchId = '', processId = '', workerName = ''] = match;
  return { launchId, processId, workerName };
}
