import type { Owner } from '../../core/claim/claim-record.ts';

/** Who we are, as others see it in claims, labels and tags. */
export interface WorkerIdentity {
  readonly name: string;
  /** UUID of this process: two processes may share a name, never this. */
  readonly processId: string;
  /** Known on Prefect Cloud only, once the first heartbeat was answered. */
  readonly backendId: string | undefined;
  readonly prefectVersion: string;
}

/** As claims and labels name us. */
export function ownerOf({ name, processId }: WorkerIdentity): Owner {
  return { workerName: name, processId };
}
