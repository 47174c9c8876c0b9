import { logLevelOf } from '../../core/diagnosis/log-level.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { ContainerOutput, OutputLocation } from './container-output.ts';
import type { OutputLine, ReadableOutput } from '../ports/aws.ts';
import type { RunPorts } from '../run-context.ts';

export type FinalLogLinesPorts = Pick<RunPorts, 'clock' | 'settings'>;

/** Lines to copy for a run that connected to Prefect: its own log has the rest. */
const linesOfConnected = 20;
/**
 * Reads repeated while there is nothing: the driver sends the last lines when the container has
 * ended, and CloudWatch shows them a moment later.
 */
const readsWhileNothing = 4;
const readEveryMs = 1_000;
/** An empty page is not the end of a stream, so this many pages may be read. */
const mostPages = 20;

/** Logger of container lines, named as in the Python observer (worker.md 10.8). */
export const observerLogger = 'prefect.flow_runs.observer';

/** A container's last lines, or why they cannot be read. */
export interface FinalLogLines {
  readonly lines: readonly OutputLine[];
  readonly from: OutputLocation;
}

/**
 * Reads the last lines of a dead container: all that the setting allows if the run never connected,
 * a few otherwise. Undefined: not wanted, or not readable. Never throws but for the signal: a
 * failure here must not affect the run.
 */
export async function readFinalLogLines(
  output: Pick<ContainerOutput, 'locate'>,
  hadConnected: boolean,
  ports: FinalLogLinesPorts,
  log: Logger,
  signal: AbortSignal,
): Promise<FinalLogLines | undefined> {
  const { forwardCrashedRunLogs, forwardCrashedRunLogsMaxEvents } = ports.settings();
  if (!forwardCrashedRunLogs) return undefined;
  const most = hadConnected
    ? Math.min(linesOfConnected, forwardCrashedRunLogsMaxEvents)
    : forwardCrashedRunLogsMaxEvents;
  try {
    const from = await output.locate(signal);
    return {
      from,
      lines: from.kind === 'readable' ? await lastLines(from, most, ports, signal) : [],
    };
  } catch (error) {
    signal.throwIfAborted();
    log.debug("Could not read the container's last lines", {
      error: toError(error).message,
    });
    return undefined;
  }
}

/** Copies the lines to the run's log, each at the level that it names. */
export function showFinalLogLines(
  { lines, from }: FinalLogLines,
  containerName: string,
  log: Logger,
): void {
  if (from.kind === 'unreadable') {
    log.info(
      `Cannot show the output of container '${containerName}': ` +
        `${from.whereabouts ?? from.warning} ` +
        'Set `configure_cloudwatch_logs` to send it to CloudWatch Logs.',
    );
    return;
  }
  const where = `log stream '${from.stream}' of log group '${from.group}'`;
  if (lines.length === 0) {
    log.info(`Container '${containerName}' wrote no lines to ${where}.`);
    return;
  }
  const count = lines.length === 1 ? 'line' : `${lines.length} lines`;
  log.info(`Last ${count} of container '${containerName}', from ${where}:`);
  for (const { message } of lines) log[logLevelOf(message)](message);
}

/** At most `most` lines from the end of a stream, oldest first. */
async function lastLines(
  output: ReadableOutput,
  most: number,
  ports: FinalLogLinesPorts,
  signal: AbortSignal,
): Promise<readonly OutputLine[]> {
  for (let read = 1; ; read += 1) {
    const lines = await linesBackwards(output, most, signal);
    if (lines.length > 0 || read >= readsWhileNothing) return lines;
    await ports.clock.sleep(readEveryMs, signal);
  }
}

async function linesBackwards(
  { session, group, stream }: ReadableOutput,
  most: number,
  signal: AbortSignal,
): Promise<readonly OutputLine[]> {
  let lines: readonly OutputLine[] = [];
  let token: string | undefined;
  for (let page = 0; page < mostPages && lines.length < most; page += 1) {
    const answer = await session.readLog(
      { group, stream, from: 'tail', token, limit: most },
      signal,
    );
    if (answer === undefined || (token !== undefined && answer.backwardToken === token)) break;
    lines = [...answer.lines, ...lines];
    token = answer.backwardToken;
    if (token === undefined) break;
  }
  return lines.slice(-most);
}
