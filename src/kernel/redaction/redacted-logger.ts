import { loggerOver } from '../console-logger.ts';
import { toError } from '../errors.ts';
import { isJsonObject, type Json } from '../json.ts';
import type { LogFields, Logger } from '../logger.ts';
import type { Redaction } from './redaction.ts';

/** Redacts secrets in every line and all its facts: even a server's error may quote a secret. */
export function redactedLogger(redaction: Redaction, log: Logger): Logger {
  return loggerOver(
    (level, message, fields) => {
      log[level](redaction.text(message), redactedFields(redaction, fields));
    },
    {},
    log.isDebugging,
  );
}

function redactedFields(redaction: Redaction, fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, redactedField(redaction, value)]),
  );
}

/** A value that is not JSON is shown as text; an error as its message. */
function redactedField(redaction: Redaction, value: unknown): unknown {
  if (
    value === undefined ||
    value === null ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  )
    return value;
  if (typeof value === 'string') return redaction.text(value);
  if (value instanceof Error) return redaction.text(toError(value).message);
  return isPlain(value) ? redaction.json(value) : redaction.text(String(value));
}

function isPlain(value: unknown): value is Json {
  return Array.isArray(value) || isJsonObject(value);
}
