import type { AwsOptions, SdkNetwork } from '../aws/aws-settings.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Random } from '../kernel/random.ts';
import type { EventQueues } from '../supervise/queue/event-queue.ts';
import type { Settings } from '../settings/settings.ts';
import type { TaskEventSource } from '../worker/worker-ports.ts';

/** The task event queue. Undefined: turned off. The SDK's client is loaded with the first look. */
export function taskEventSource(parts: {
  readonly settings: Settings;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly network?: SdkNetwork | undefined;
  readonly credentialSource?: AwsOptions['credentialSource'];
  readonly holdSecrets: AwsOptions['holdSecrets'];
}): TaskEventSource | undefined {
  const { settings, log, clock, random, network, credentialSource, holdSecrets } = parts;
  const { enabled, queueName, queueRegion } = settings.observer;
  if (!enabled) return undefined;
  const options = {
    settings: { ...settings.aws, usesProxy: settings.proxies.configured },
    clock,
    random,
    log,
    network,
    credentialSource,
    holdSecrets,
  };
  let opener: Promise<EventQueues['open']> | undefined;
  return {
    queues: {
      queueName,
      open: async (signal) => {
        opener ??= import('../aws/queue.ts').then(({ queueOpener }) =>
          queueOpener(queueName, queueRegion, options),
        );
        return (await opener)(signal);
      },
    },
  };
}
