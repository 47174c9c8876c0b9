import type { AwsCredentials } from '../core/job/aws-credentials.ts';
import type { AwsOptions, AwsSettings } from './aws-settings.ts';
import { collectAnswer } from './answer-bytes.ts';
import { Calls } from './calls.ts';
import { clientConfiguration, type ClientConfiguration } from './client-configuration.ts';
import { concealedSource } from './concealed-source.ts';
import { credentialProvider } from './credentials.ts';
import { Rates } from './rates.ts';

/**
 * Adoption and stops wait for the answer of STS. Without a short bound, a network that has no way
 * to STS would hold them up (worker.md 9.11.1).
 */
const stsTimeoutMs = 10_000;

/** The parts that every client of one set of credentials shares. */
export async function clientParts(credentials: AwsCredentials, options: AwsOptions) {
  const { settings, clock, random, log } = options;
  const configuration = await clientConfiguration(credentials, settings, log);
  const { attempts, callTimeoutMs } = configuration;
  const callsFor = (rates: () => Promise<Rates>, withinMs = callTimeoutMs): Calls =>
    new Calls({ clock, random, attempts, callTimeoutMs: withinMs, rates });
  // Calls that produce credentials are made before the account is known, so they have a budget of
  // their own.
  const stsRates = new Rates(clock, 'sts', settings.rateShare ?? 1);
  const stsCalls = callsFor(() => Promise.resolve(stsRates), Math.min(stsTimeoutMs, callTimeoutMs));
  const stsEndpoint = endpointFor('STS', credentials, settings);
  const source = await credentialProvider(credentials, {
    configuration: { ...configuration, client: { ...configuration.client, ...reachedBy(options) } },
    stsEndpoint,
    source: options.credentialSource,
    calls: stsCalls,
    clock,
    random,
  });
  const { holdSecrets } = options;
  const provider = holdSecrets === undefined ? source : concealedSource(source, holdSecrets);
  const clientFor = (service: string) => {
    const endpoint = endpointFor(service, credentials, settings);
    return {
      ...configuration.client,
      ...reachedBy(options),
      credentials: provider,
      streamCollector: collectAnswer,
      ...(endpoint !== undefined && { endpoint }),
      ...(configuration.isUnsigned && {
        signer: { sign: <T>(request: T) => Promise.resolve(request) },
      }),
    };
  };
  return { callsFor, stsCalls, clientFor };
}

function reachedBy({
  network,
}: AwsOptions): Pick<ClientConfiguration['client'], 'requestHandler'> | undefined {
  // The SDK declares a handler by its own classes but calls only `handle` and `destroy`.
  return network === undefined ? undefined : { requestHandler: network as never };
}

function endpointFor(
  service: string,
  credentials: AwsCredentials,
  settings: AwsSettings,
): string | undefined {
  return (
    credentials.clientParameters.endpointUrl ??
    settings.endpointUrls[service] ??
    settings.endpointUrl
  );
}
