import type { HoldSecrets } from './concealed-source.ts';
import type { Clock } from '../kernel/clock.ts';
import type { CredentialProvider } from './credential-source.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Random } from '../kernel/random.ts';

/** The process settings for AWS. Credentials come from the SDK's own chain. */
export interface AwsSettings {
  readonly region: string | undefined;
  readonly endpointUrl: string | undefined;
  /** Keyed by upper-case service id, e.g. `ECS`. */
  readonly endpointUrls: Readonly<Record<string, string>>;
  readonly caBundle: string | undefined;
  readonly usesProxy: boolean;
  /**
   * This process's share of AWS's rate limits, where others use the same account. Default: all of
   * it.
   */
  readonly rateShare?: number;
}

/** Replaces the SDK's sockets. What `handle` takes and returns is defined by the SDK. */
export interface SdkNetwork {
  handle(request: never, options?: never): Promise<never>;
  destroy(): void;
}

export interface AwsOptions {
  readonly settings: AwsSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Set by simulations. Otherwise Node's own sockets. */
  readonly network?: SdkNetwork | undefined;
  /**
   * Where credentials come from when the job names none. Set by simulations; otherwise the SDK's
   * chain.
   */
  readonly credentialSource?: CredentialProvider | undefined;
  /** Registers keys that no exit of the process may show. Undefined: nothing leaves the process. */
  readonly holdSecrets?: HoldSecrets | undefined;
}
