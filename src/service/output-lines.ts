import { logLevelOf } from '../core/diagnosis/log-level.ts';
import type { RunLogEntry } from '../core/prefect/api-facts.ts';
import type { FlowRun } from '../core/prefect/flow-run.ts';
import type { Logger } from '../kernel/logger.ts';
import { terminalOutput, terminalText } from '../kernel/terminal-text.ts';
import type { OutputLine } from '../run/ports/aws.ts';
import { prefectLevels } from './flow-run-logs.ts';
import { orderedTimes } from './ordered-times.ts';

export interface OutputLinesOptions {
  readonly show: (flowRun: FlowRun, message: string) => void;
  /** Receives lines for the run's log in Prefect. Undefined: they are not sent. */
  readonly send: ((entry: RunLogEntry) => void) | undefined;
}

const outputLogger = 'prefect.ecs.output';

/** Shows container output lines, each with its own time and level. */
export function outputLines({
  show,
  send,
}: OutputLinesOptions): (flowRun: FlowRun) => (line: OutputLine) => void {
  return (flowRun) => {
    const orderedTime = orderedTimes();
    return ({ timestamp, message }) => {
      show(flowRun, message);
      const level = prefectLevels[logLevelOf(message)];
      send?.({
        logger: outputLogger,
        level,
        message,
        ...orderedTime(timestamp),
        flowRunId: flowRun.id,
      });
    };
  };
}

/**
 * For a terminal: prefixed with the run's name (or raw, by a setting), with colours but no other
 * control sequences. For a log collector: a log line.
 */
export function lineShower(
  format: 'text' | 'json',
  sink: { write(text: string): void },
  log: Logger,
  hasPrefix = true,
): (flowRun: { readonly id: string; readonly name: string }, message: string) => void {
  if (format === 'json') {
    return ({ id, name }, message) =>
      log.child({ logger: outputLogger, flowRunName: name, flowRunId: id }).info(message);
  }
  return ({ name }, message) => {
    const prefix = hasPrefix ? `${terminalText(name)} | ` : '';
    sink.write(
      terminalOutput(message)
        .map((line) => `${prefix}${line}\n`)
        .join(''),
    );
  };
}
