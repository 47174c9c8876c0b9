import type { AwsCredentials } from '../core/job/aws-credentials.ts';
import type { AwsOptions, AwsSettings } from './aws-settings.ts';
import { Calls } from './calls.ts';
import { clientConfiguration, type ClientConfiguration } from './client-configuration.ts';
import { credentialProvider } from './credentials.ts';

/** What every client of one set of credentials is made of. */
export async function clientParts(credentials: AwsCredentials, options: AwsOptions) {
  const { settings, clock, random, log } = options;
  const configuration = await clientConfiguration(credentials, settings, log);
  const calls = new Calls({
    clock,
    random,
    attempts: configuration.attempts,
    callTimeoutMs: configuration.callTimeoutMs,
  });
  const stsEndpoint = endpointFor('STS', credentials, settings);
  const provider = await credentialProvider(credentials, {
    configuration: { ...configuration, client: { ...configuration.client, ...reachedBy(options) } },
    stsEndpoint,
    calls,
    clock,
    random,
  });
  const clientFor = (service: string) => {
    const endpoint = endpointFor(service, credentials, settings);
    return {
      ...configuration.client,
      ...reachedBy(options),
      credentials: provider,
      ...(endpoint !== undefined && { endpoint }),
      ...(configuration.isUnsigned && { signer: { sign: <T>(request: T) => Promise.resolve(request) } }),
    };
  };
  return { calls, clientFor };
}

function reachedBy({
  network,
}: AwsOptions): Pick<ClientConfiguration['client'], 'requestHandler'> | undefined {
  // The SDK declares a handler by its own classes; it calls `handle` and `destroy` alone.
  return network === undefined ? undefined : { requestHandler: network as never };
}

function endpointFor(
  service: string,
  credentials: AwsCredentials,
  settings: AwsSettings,
): string | undefined {
  return credentials.clientParameters.endpointUrl ?? settings.endpointUrls[service] ?? settings.endpointUrl;
}
