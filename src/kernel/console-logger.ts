import pino from 'pino';
import type { Clock } from './clock.ts';
import { terminalText } from './terminal-text.ts';
import type { LogFields, Logger, LogLevel } from './logger.ts';

/** Receives log lines: standard error, or a list in a test. */
export interface LogSink {
  write(text: string): void;
}

export interface ConsoleLoggerOptions {
  readonly sink: LogSink;
  readonly clock: Clock;
  readonly level: LogLevel;
  /** `text`: Prefect's console format, for people. `json`: one object a line, for collectors. */
  readonly format: 'text' | 'json';
}

const order: Readonly<Record<LogLevel, number>> = { debug: 10, info: 20, warning: 30, error: 40 };
const pinoLevels = { debug: 'debug', info: 'info', warning: 'warn', error: 'error' } as const;

/** A console logger. In text, the fields `logger` and `flowRunName` determine the line's prefix. */
export function createConsoleLogger(options: ConsoleLoggerOptions): Logger {
  const write = options.format === 'json' ? jsonWriter(options) : textWriter(options);
  return loggerOver(
    (level, message, fields) => {
      if (order[level] >= order[options.level]) write(level, message, fields);
    },
    {},
    options.level === 'debug',
  );
}

export type WriteLine = (level: LogLevel, message: string, fields: LogFields) => void;

/** A logger that passes each line, with the fields of its parents, to `write`. */
export function loggerOver(write: WriteLine, bound: LogFields, isDebugging = true): Logger {
  return new BoundLogger(write, bound, isDebugging);
}

/** A class instead of closures saves memory: there are two loggers for each of 10,000 tasks. */
class BoundLogger implements Logger {
  readonly #write: WriteLine;
  readonly #bound: LogFields;
  readonly isDebugging: boolean;

  constructor(write: WriteLine, bound: LogFields, isDebugging: boolean) {
    this.#write = write;
    this.#bound = bound;
    this.isDebugging = isDebugging;
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }

  warning(message: string, fields?: LogFields): void {
    this.#log('warning', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  child(fields: LogFields): Logger {
    return new BoundLogger(this.#write, { ...this.#bound, ...fields }, this.isDebugging);
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    this.#write(level, message, fields === undefined ? this.#bound : { ...this.#bound, ...fields });
  }
}

function jsonWriter(options: ConsoleLoggerOptions): WriteLine {
  const json = pino(
    {
      level: 'debug',
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${options.clock.now().toISOString()}"`,
      formatters: { level: (label) => ({ level: label === 'warn' ? 'warning' : label }) },
    },
    options.sink,
  );
  return (level, message, fields) => json[pinoLevels[level]](fields, message);
}

function textWriter(options: ConsoleLoggerOptions): WriteLine {
  return (level, message, fields) => {
    const { logger, flowRunName, flowRunId: _id, ...facts } = fields;
    const now = options.clock.now();
    const time = `${now.toTimeString().slice(0, 8)}.${String(now.getMilliseconds()).padStart(3, '0')}`;
    const source =
      typeof flowRunName === 'string'
        ? `Flow run '${flowRunName}'`
        : typeof logger === 'string'
          ? logger
          : 'prefect.workers.ecs';
    options.sink.write(
      `${time} | ${level.toUpperCase().padEnd(7)} | ${terminalText(`${source} - ${message}${inWords(facts)}`)}\n`,
    );
  };
}

function inWords(facts: LogFields): string {
  const words = Object.entries(facts).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}
