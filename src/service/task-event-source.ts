import type { SdkNetwork } from '../aws/aws-settings.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Random } from '../kernel/random.ts';
import type { Settings } from '../settings/settings.ts';
import type { TaskEventSource } from '../worker/worker-ports.ts';

/** The queue of task events; undefined: turned off. The SDK's client is loaded with the first look. */
export function taskEventSource(parts: {
  readonly settings: Settings;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly network?: SdkNetwork | undefined;
}): TaskEventSource | undefined {
  const { settings, log, clock, random, network } = parts;
  const { enabled, queueName, queueRegion } = settings.observer;
  if (!enabled) return undefined;
  const options = {
    settings: { ...settings.aws, usesProxy: settings.proxies.configured },
    clock,
    random,
    log,
    network,
  };
  return {
    queues: {
      queueName,
      open: async (signal) => {
        const { openQueue } = await import('../aws/queue.ts');
        return openQueue(queueName, queueRegion, options, signal);
      },
    },
  };
}
