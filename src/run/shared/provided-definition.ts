import type { JsonObject } from '../../kernel/json.ts';
import type { AwsSession } from '../ports/aws.ts';
import type { Gate } from './gate.ts';

/** What providing a definition needs of a session, and the gate for its calls. */
export type DefinitionSession = Pick<
  AwsSession,
  'key' | 'registerTaskDefinition' | 'describeTaskDefinition'
> & {
  readonly gate: Gate;
};

/** A definition built for a job, to be found or registered. */
export interface PreparedDefinition {
  readonly document: JsonObject;
  readonly family: string;
  /** Hash of the canonical form: equal definitions have equal hashes. A cache key; never sent. */
  readonly fingerprint: string;
  /** Redacts what a log may show of it. */
  readonly redactor: { document(document: JsonObject): JsonObject };
}

export interface ProvidedDefinition {
  readonly arn: string;
  /** Registered for this run, so it may have to be deregistered afterwards (worker.md 9.6). */
  readonly newlyRegistered: boolean;
}

export interface RegistrationRetry {
  readonly attempts: number;
  readonly initialDelaySeconds: number;
  readonly maxDelaySeconds: number;
}

/** A run's hold on its definition. */
export interface HeldDefinition {
  /**
   * Ends the hold, once. `isToGo`: it was registered for this run and should not stay. True:
   * deregister it now, because no run here uses it any more and one of them asked for that
   * (worker.md 9.6, Q38).
   */
  release(isToGo: boolean): boolean;
}
