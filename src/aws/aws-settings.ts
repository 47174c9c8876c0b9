import type { HoldSecrets } from './concealed-source.ts';
import type { Clock } from '../kernel/clock.ts';
import type { CredentialProvider } from './credential-source.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Random } from '../kernel/random.ts';

/** What of the process's settings concerns AWS; credentials come from the SDK's own chain. */
export interface AwsSettings {
  readonly region: string | undefined;
  readonly endpointUrl: string | undefined;
  /** By upper-case service id, e.g. `ECS`. */
  readonly endpointUrls: Readonly<Record<string, string>>;
  readonly caBundle: string | undefined;
  readonly usesProxy: boolean;
  /**
   * The part of AWS's rate limits that is this process's, where others use the account. Default:
   * all of it.
   */
  readonly rateShare?: number;
}

/** A client's way to AWS instead of sockets: what `handle` gets and answers is the SDK's affair. */
export interface SdkNetwork {
  handle(request: never, options?: never): Promise<never>;
  destroy(): void;
}

export interface AwsOptions {
  readonly settings: AwsSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Handed in by simulations; else Node's own sockets. */
  readonly network?: SdkNetwork | undefined;
  /** Where credentials come from that no job names, likewise; else the SDK's chain. */
  readonly credentialSource?: CredentialProvider | undefined;
  /** Tells every exit of the process what keys it must not show; undefined: nothing leaves it. */
  readonly holdSecrets?: HoldSecrets | undefined;
}
