export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

export type LogFields = Readonly<Record<string, unknown>>;

/**
 * A logger for fixed messages with facts as fields. Fields bound by `child` are part of each of the
 * child's lines. The field `logger` is the line's Prefect logger (`prefect.flow_runs.worker`, ...).
 */
export interface Logger {
  /** Whether debug lines are shown. Check it before you build an expensive line. */
  readonly isDebugging: boolean;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

export const silentLogger: Logger = {
  isDebugging: false,
  debug: () => undefined,
  info: () => undefined,
  warning: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
