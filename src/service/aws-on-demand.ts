import type { AwsOptions, SdkNetwork } from '../aws/aws-settings.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Random } from '../kernel/random.ts';
import type { Aws } from '../run/ports/aws.ts';
import type { Settings } from '../settings/settings.ts';

/**
 * The SDK costs 10 MB and 60 ms. It is loaded with the first session, so that an idle worker does
 * not pay for it.
 */
export function awsOnDemand(parts: {
  readonly settings: Settings;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly network?: SdkNetwork | undefined;
  readonly credentialSource?: AwsOptions['credentialSource'];
  readonly holdSecrets?: AwsOptions['holdSecrets'];
}): Aws {
  const { settings, log, clock, random, network, credentialSource, holdSecrets } = parts;
  let loaded: Promise<Aws> | undefined;
  const load = async (): Promise<Aws> => {
    const { createAws } = await import('../aws/create-aws.ts');
    const usesProxy = settings.proxies.configured;
    return createAws({
      settings: { ...settings.aws, usesProxy },
      clock,
      random,
      log,
      network,
      credentialSource,
      holdSecrets,
    });
  };
  return {
    sessionFor: async (credentials, signal) =>
      (await (loaded ??= load())).sessionFor(credentials, signal),
  };
}
