import { createConsoleLogger, type LogSink } from '../kernel/console-logger.ts';
import type { Clock } from '../kernel/clock.ts';
import { RuntimeError } from '../kernel/errors.ts';
import type { Random } from '../kernel/random.ts';
import type { LivePorts } from '../render/live.ts';
import type { Settings } from '../settings/settings.ts';
import { workerSecretsOf } from './worker-secrets.ts';
import { runSettingsOf } from './run-settings.ts';
import { awsOnDemand } from './aws-on-demand.ts';
import { connectPrefect, prefectVersion } from './prefect-connection.ts';

/** What a read-only command needs of its surroundings. */
export interface LookUpWorld {
  readonly loadSettings: () => Settings;
  /** Receives warnings. */
  readonly err: LogSink & { readonly isTerminal: boolean };
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Prefect and AWS for a command that is not a worker. Throws RuntimeError without
 * `PREFECT_API_URL`.
 */
export async function composeLookUps(
  world: LookUpWorld,
  workerName: string,
): Promise<LivePorts & AsyncDisposable> {
  const { clock, random } = world;
  const settings = world.loadSettings();
  if (!settings.api.url) {
    throw new RuntimeError(
      'PREFECT_API_URL must be set. Set it to the API of your server, for example ' +
        'http://127.0.0.1:4200/api.',
    );
  }
  const log = createConsoleLogger({
    sink: world.err,
    clock,
    level: 'warning',
    format: settings.logging.format ?? (world.err.isTerminal ? 'text' : 'json'),
  });
  for (const warning of settings.warnings) log.warning(warning);
  const attribution = () => ({ workerName: undefined, workerId: undefined });
  const connection = await connectPrefect({ settings, attribution, log, clock, random });
  return {
    prefect: connection.prefect,
    aws: awsOnDemand({ settings, log, clock, random }),
    clock,
    random,
    ownSecrets: workerSecretsOf(settings),
    settings: () => runSettingsOf(settings, settings.worker.prefetchSeconds),
    worker: {
      name: workerName,
      processId: random.uuid(),
      backendId: undefined,
      prefectVersion,
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}
