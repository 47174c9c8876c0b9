import type { AwsOptions, SdkNetwork } from '../aws/aws-settings.ts';
import { linkAbort } from '../kernel/abort.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Random } from '../kernel/random.ts';
import { Cancelled, withTaskGroup } from '../kernel/task-group.ts';
import { within } from '../kernel/deadline.ts';
import type { Fetch } from '../prefect/rest/http.ts';
import { EventSender } from '../prefect/events/event-sender.ts';
import { LogBatcher } from '../prefect/rest/log-batcher.ts';
import type { OpenSocket } from '../prefect/socket/socket.ts';
import type { PrefectApi } from '../run/ports/prefect-api.ts';
import type { Settings } from '../settings/settings.ts';
import { PrefectDenials } from '../worker/prefect-denials.ts';
import { Readiness, type ReadinessAnswer } from '../worker/readiness.ts';
import { runWorker } from '../worker/worker.ts';
import type { WorkerOptions } from '../worker/worker-ports.ts';
import { LostLogLines } from './lost-log-lines.ts';
import { outputLines } from './output-lines.ts';
import { awsOnDemand } from './aws-on-demand.ts';
import { runSettingsOf } from './run-settings.ts';
import { Redaction } from '../kernel/redaction/redaction.ts';
import { exitsOf } from './exits.ts';
import { flowRunLogs } from './flow-run-logs.ts';
import { workerSecretsOf } from './worker-secrets.ts';
import { connectPrefect, isPrefectCloud, prefectVersion } from './prefect-connection.ts';
import { taskEventSource } from './task-event-source.ts';
import { socketConnection, workerSockets } from './worker-sockets.ts';
import type { StopSignals } from '../run/ports/stop-signals.ts';

export interface ServiceParts {
  readonly settings: Settings;
  readonly options: WorkerOptions;
  /** The console. */
  readonly log: Logger;
  readonly workerLog: Logger;
  /** Shows one line of a container's output on the console. */
  readonly showLine: (
    flowRun: { readonly id: string; readonly name: string },
    message: string,
  ) => void;
  readonly clock: Clock;
  readonly random: Random;
  /** Replaces this machine's network: simulations reach local servers without sockets. */
  readonly network?: Network;
}

export interface Network {
  readonly fetch: Fetch;
  readonly aws: SdkNetwork;
  /** Where the worker's own credentials come from. */
  readonly credentialSource?: AwsOptions['credentialSource'];
  readonly openSocket: OpenSocket;
}

/** A worker connected to its adapters. */
export interface Service extends AsyncDisposable {
  readonly prefect: PrefectApi;
  /** The worker's log, with secrets redacted. */
  readonly workerLog: Logger;
  readonly readiness: () => ReadinessAnswer;
  /** Works until drained, then sends the last log lines. */
  run(signals: StopSignals): Promise<void>;
}

/** How long the server may take to read the last events. */
const lastEventsWithinMs = 1_000;

/** How long sending the last log lines may take. */
const lastLinesWithinMs = 1_500;

/** Connects adapters to ports. TypeScript checks here that each adapter fits its port. */
export async function composeService(parts: ServiceParts): Promise<Service> {
  const { settings, options, clock, random } = parts;
  const exits = exitsOf(new Redaction(workerSecretsOf(settings)), parts);
  const { log, workerLog } = exits;
  let workerId: string | undefined;
  const connection = await connectPrefect({
    settings,
    attribution: () => ({ workerName: options.name, workerId }),
    log: workerLog,
    clock,
    random,
    fetch: parts.network?.fetch,
  });
  const { prefect } = connection;
  const sockets = socketConnection(settings, clock, parts.network?.openSocket);
  const common = { log: workerLog, clock, random };
  const sender = new EventSender(
    { server: sockets.server, isCloud: isPrefectCloud(settings) },
    { openSocket: sockets.openSocket, ...common },
  );
  const batcher = logBatcherFor({ ...parts, workerLog }, prefect);
  const runSettings = runSettingsOf(settings, options.prefetchSeconds);
  const readiness = new Readiness(workerLog);
  const aws = awsOnDemand({
    settings,
    log: workerLog,
    clock,
    random,
    network: parts.network?.aws,
    credentialSource: parts.network?.credentialSource,
    holdSecrets: (secrets) => exits.secrets.hold(secrets),
  });
  return {
    prefect,
    workerLog,
    readiness: () => readiness.readiness(),
    run: (signals) =>
      withTaskGroup(signals.stop, async (group) => {
        group.spawn('logs', (signal) => batcher.run(signal));
        group.spawn('events', (signal) => sender.run(signal));
        await runWorker(
          options,
          {
            prefect: {
              ...prefect,
              proposeState: (flowRunId, proposal, signal, patience) =>
                prefect.proposeState(flowRunId, exits.proposal(proposal), signal, patience),
              sendHeartbeat: async (heartbeat, signal) => {
                const told = await prefect.sendHeartbeat(heartbeat, signal);
                workerId = told.workerId ?? workerId;
                return told;
              },
            },
            aws,
            clock,
            random,
            log: workerLog,
            logFor: flowRunLogs({
              console: log,
              clock,
              send: exits.writeLine(batcher),
              level: settings.logging.level,
              sendToApi: settings.logging.toApiEnabled,
            }),
            showOutput: outputLines({
              show: exits.showLine,
              send: settings.ecs.streamOutputToRunLogs ? exits.writeLine(batcher) : undefined,
            }),
            runSettings: () => runSettings,
            prefectVersion,
            sockets: workerSockets({ options, connection: sockets, ...common }),
            readiness,
            denials: new PrefectDenials({ clock, log: workerLog, readiness }),
            emit: (event) => sender.emit(exits.event(event)),
            secrets: exits.secrets,
            taskEvents: taskEventSource({
              settings,
              ...common,
              network: parts.network?.aws,
              credentialSource: parts.network?.credentialSource,
              holdSecrets: (secrets) => exits.secrets.hold(secrets),
            }),
          },
          signals,
        );
        await within(lastEventsWithinMs, clock, group.signal, (signal) =>
          sender.flush(signal),
        ).catch(() => undefined);
        group.cancel('the worker has stopped');
      }),
    [Symbol.asyncDispose]: async () => {
      await flushWithin(lastLinesWithinMs, batcher, clock);
      await connection[Symbol.asyncDispose]();
    },
  };
}

function logBatcherFor(
  { settings, workerLog, clock }: ServiceParts,
  prefect: PrefectApi,
): LogBatcher {
  const lines = new LostLogLines({ clock, log: workerLog });
  return new LogBatcher({
    write: (entries, signal) => prefect.writeLogs(entries, signal),
    clock,
    batchIntervalSeconds: settings.logging.toApiBatchIntervalSeconds,
    batchSize: settings.logging.toApiBatchSize,
    maxLogSize: settings.logging.toApiMaxLogSize,
    onLost: (count, reason) => lines.lost(count, reason),
    onSent: () => lines.sent(),
  });
}

async function flushWithin(ms: number, batcher: LogBatcher, clock: Clock): Promise<void> {
  const limit = new AbortController();
  using over = linkAbort(new AbortController().signal);
  const timer = clock.sleep(ms, over.signal).then(
    () => limit.abort(new Cancelled('sending the last log lines took too long')),
    () => undefined,
  );
  await batcher.flush(limit.signal);
  over.abort(new Cancelled('flushed'));
  await timer;
}
