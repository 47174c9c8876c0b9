import type { FlowRun } from '../core/prefect/flow-run.ts';
import type { RunLogEntry } from '../core/prefect/api-facts.ts';
import type { Clock } from '../kernel/clock.ts';
import { loggerOver, type WriteLine } from '../kernel/console-logger.ts';
import type { Logger, LogLevel } from '../kernel/logger.ts';
import { orderedTimes } from './ordered-times.ts';

/** Prefect's numbers for log levels (prefect-api.md 6). */
export const prefectLevels: Readonly<Record<LogLevel, number>> = {
  debug: 10,
  info: 20,
  warning: 30,
  error: 40,
};

export interface FlowRunLogOptions {
  readonly console: Logger;
  readonly clock: Clock;
  /** Receives lines for the run's log in Prefect. */
  readonly send: (entry: RunLogEntry) => void;
  /** Lines below this level are not sent to Prefect. */
  readonly level: LogLevel;
  readonly sendToApi: boolean;
}

const runLogger = 'prefect.flow_runs.worker';

/** A flow run's own logger: each line goes to the console and to the run's log in Prefect. */
export function flowRunLogs(
  options: FlowRunLogOptions,
): (flowRun: FlowRun, logger?: string, to?: 'everywhere' | 'prefect') => Logger {
  const least = prefectLevels[options.level];
  const orderedTime = orderedTimes();
  return (flowRun, logger = runLogger, to = 'everywhere') => {
    const console = options.console.child({
      logger,
      flowRunName: flowRun.name,
      flowRunId: flowRun.id,
    });
    const isDebugging = console.isDebugging || (options.sendToApi && least <= prefectLevels.debug);
    const write: WriteLine = (level, message, fields) => {
      if (to === 'everywhere') console[level](message, fields);
      if (!options.sendToApi || prefectLevels[level] < least) return;
      options.send({
        logger,
        level: prefectLevels[level],
        message: fields['error'] === undefined ? message : `${message} ${String(fields['error'])}`,
        ...orderedTime(options.clock.now()),
        flowRunId: flowRun.id,
      });
    };
    return loggerOver(write, {}, isDebugging);
  };
}
