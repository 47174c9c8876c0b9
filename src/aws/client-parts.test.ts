import { expect, it } from 'vitest';
import { parseAwsCredentials } from '../core/job/credentials.ts';
import { silentLogger } from '../kernel/logger.ts';
import { ManualClock } from '../kernel/manual-clock.ts';
import { seededRandom } from '../kernel/random.ts';
import { clientParts } from './client-parts.ts';

const never = new AbortController().signal;
const settings = {
  region: 'us-east-1',
  endpointUrl: undefined,
  endpointUrls: {},
  caBundle: undefined,
  usesProxy: false,
};

it.each([
  ['all others', {}, 60],
  ['all others with a read_timeout', { config: { read_timeout: 5 } }, 5],
  ['STS', {}, 10],
  ['STS with a shorter read_timeout', { config: { read_timeout: 5 } }, 5],
])('The timeout of calls to %s with %j is %i s', async (which, parameters, seconds) => {
  const clock = new ManualClock();
  const credentials = parseAwsCredentials({ aws_client_parameters: parameters });
  const { callsFor, stsCalls } = await clientParts(credentials, {
    settings,
    clock,
    random: seededRandom(1),
    log: silentLogger,
  });
  const calls = which.startsWith('STS')
    ? stsCalls
    : callsFor(() => Promise.reject(new Error('no rates')));
  let endedMs: number | undefined;
  const call = calls
    .unmetered('AnyCall', never, () => new Promise(() => undefined))
    .catch((error: unknown) => {
      endedMs = clock.monotonicMs();
      return error;
    });
  await clock.elapse(120_000);

  expect(await call).toMatchObject({ name: 'TimeoutError' });
  expect(endedMs).toBe(seconds * 1000);
});
