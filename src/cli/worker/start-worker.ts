import { readFile } from 'node:fs/promises';
import { isPassing, needsMending } from '../../core/prefect/api-error.ts';
import { JsonRecord } from '../../core/prefect/json.ts';
import { createConsoleLogger } from '../../kernel/console-logger.ts';
import { isDefect, toError } from '../../kernel/errors.ts';
import { readJson } from '../../kernel/json-text.ts';
import { mismatchWords } from '../../kernel/mismatch.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { PrefectApi } from '../../run/ports/prefect-api.ts';
import { composeService } from '../../service/compose.ts';
import { lineShower } from '../../service/output-lines.ts';
import { stopSignals } from '../../service/stop-signals.ts';
import { setV8Flags } from '../../service/v8-flags.ts';
import type { Settings } from '../../settings/settings.ts';
import type { WorkerOptions } from '../../worker/worker-ports.ts';
import type { WorkerStartFlags } from './worker-start-flags.ts';
import { CommandError, type CommandContext } from '../command-context.ts';

/** Runs `worker start` until the worker has drained. */
export async function startWorker(
  flags: WorkerStartFlags,
  context: CommandContext,
): Promise<number> {
  checkFlags(flags);
  setV8Flags();
  const settings = context.loadSettings();
  if (settings.api.url === undefined || settings.api.url === '') {
    throw new CommandError(
      'PREFECT_API_URL must be set to start a Worker. Set it to the API URL of your server, for example ' +
        'http://127.0.0.1:4200/api.',
    );
  }
  const format = settings.logging.format ?? (context.err.isTerminal ? 'text' : 'json');
  const log = createConsoleLogger({
    sink: context.err,
    clock: context.clock,
    level: flags.debug || settings.worker.debugMode ? 'debug' : settings.logging.level,
    format,
  });
  const name = flags.name ?? `ECSWorker ${context.random.uuid()}`;
  const options = await workerOptions(flags, name, settings);
  await using service = await composeService({
    settings,
    options,
    log,
    workerLog: log.child({ logger: `prefect.workers.ecs.${name.toLowerCase()}` }),
    showLine: lineShower(format, context.err, log, settings.ecs.streamOutputPrefix),
    clock: context.clock,
    random: context.random,
  });
  const { workerLog } = service;
  for (const warning of settings.warnings) workerLog.warning(warning);
  using signals = stopSignals(context.onStopSignal, context.clock, (line) => workerLog.info(line));
  try {
    await checkPool(flags, service.prefect, workerLog, signals.drain);
    await service.run(signals);
  } catch (error) {
    if (signals.drain.aborted && !isDefect(error)) return 0;
    throw error;
  }
  return 0;
}

function checkFlags(flags: WorkerStartFlags): void {
  if (flags.type !== undefined && flags.type !== 'ecs') {
    throw new CommandError(
      `--type ${flags.type}: this worker only supports work pools of type 'ecs'.`,
      2,
    );
  }
  if (flags.name !== undefined && /[/%]/.test(flags.name)) {
    throw new CommandError(`--name ${flags.name}: a worker name must not contain '/' or '%'.`, 2);
  }
}

async function workerOptions(
  flags: WorkerStartFlags,
  name: string,
  settings: Settings,
): Promise<WorkerOptions> {
  return {
    name,
    workPoolName: flags.pool,
    workQueueNames: flags.workQueue,
    limit: flags.limit,
    createPoolIfNotFound: flags.createPoolIfNotFound,
    baseJobTemplate:
      flags.baseJobTemplate === undefined ? undefined : await readTemplate(flags.baseJobTemplate),
    heartbeatSeconds: settings.worker.heartbeatSeconds,
    querySeconds: settings.worker.querySeconds,
    prefetchSeconds: flags.prefetchSeconds ?? settings.worker.prefetchSeconds,
    enableCancellation: settings.worker.enableCancellation,
    cancellationPollSeconds: settings.worker.cancellationPollSeconds,
    runOnce: flags.runOnce,
  };
}

async function readTemplate(path: string): Promise<JsonObject> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandError(
      `--base-job-template ${path}: cannot read the file (${toError(error).message}).`,
      2,
      {
        cause: error,
      },
    );
  }
  const read = readJson(text, 'all');
  if (read.kind === 'no-json')
    throw new CommandError(
      `--base-job-template ${path}: the file is not valid JSON: ${read.flaw}.`,
      2,
    );
  const parsed = JsonRecord.safeParse(read.value);
  if (parsed.success) return parsed.data;
  throw new CommandError(
    `--base-job-template ${path}: ${mismatchWords(read.value, parsed.error)}.`,
    2,
  );
}

/** Without `--type` the pool decides the type, as in Python; Prefect must then be reachable. */
async function checkPool(
  flags: WorkerStartFlags,
  prefect: PrefectApi,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  if (flags.type !== undefined) return;
  const pool = await prefect.readWorkPool(flags.pool, signal).catch((error: unknown) => {
    if (!isPassing(error) || needsMending(error)) throw error;
    throw new CommandError(
      `${toError(error).message}. The worker needs Prefect to find out the type of work pool '${flags.pool}': start ` +
        'Prefect, fix PREFECT_API_URL, or pass `--type ecs` to wait for the server.',
      1,
      { cause: error },
    );
  });
  if (pool === undefined) {
    log.info(`Work pool '${flags.pool}' does not exist yet.`);
    return;
  }
  if (/:(push|managed)$/.test(pool.type)) {
    throw new CommandError(
      `Workers are not required for ${pool.type.split(':')[1] ?? ''} work pools. Work pool '${flags.pool}' is of type ` +
        `'${pool.type}'.`,
    );
  }
  if (pool.type !== 'ecs') {
    throw new CommandError(
      `Work pool '${flags.pool}' has type '${pool.type}', but this worker only supports 'ecs'. Choose another pool, or ` +
        'pass `--type ecs` to use this pool anyway.',
    );
  }
  log.info(`Discovered type 'ecs' for work pool '${flags.pool}'.`);
  if (pool.isPaused)
    log.warning(`Work pool '${flags.pool}' is paused: no runs start until it is resumed.`);
}
