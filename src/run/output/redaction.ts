import type { Redactor } from '../../core/plan/launch-plan.ts';
import { loggerOver } from '../../kernel/console-logger.ts';
import type { Logger } from '../../kernel/logger.ts';

/** A logger that takes a job's secrets out of every line, whatever they came in: AWS may repeat what it was sent. */
export function redactingLogger(redactor: Pick<Redactor, 'text'>, log: Logger): Logger {
  return loggerOver((level, message, fields) => {
    const entries = Object.entries(fields).map(([name, value]): [string, unknown] => [
      name,
      typeof value === 'string' ? redactor.text(value) : value,
    ]);
    log[level](redactor.text(message), Object.fromEntries(entries));
  }, {});
}

/** The error as people may see it. One that holds a secret goes on without its cause, which holds it too. */
export function redactedError(redactor: Redactor, error: Error): Error {
  const message = redactor.text(error.message);
  if (message === error.message) return error;
  const copy = new Error(message);
  copy.name = error.name;
  return copy;
}
