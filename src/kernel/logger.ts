export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

export type LogFields = Readonly<Record<string, unknown>>;

/**
 * A logger: a fixed message, facts as fields. Fields bound by `child` go out with every line of the
 * child. The field `logger` names the Prefect logger that a line belongs to
 * (`prefect.flow_runs.worker`, ...).
 */
export interface Logger {
  /** Whether anybody will see a line of `debug`: what is costly to write is written only then. */
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
