import type { Owner } from '../../core/claim/claim-record.ts';

/** This worker as others see it in claims, labels and tags. */
export interface WorkerIdentity {
  readonly name: string;
  /** UUID of this process. Two processes may share a name, but never this. */
  readonly processId: string;
  /** Known only on Prefect Cloud, after the first heartbeat was answered. */
  readonly backendId: string | undefined;
  readonly prefectVersion: string;
}

/** The identity as written in claims and labels. */
export function ownerOf({ name, processId }: WorkerIdentity): Owner {
  return { workerName: name, processId };
}
