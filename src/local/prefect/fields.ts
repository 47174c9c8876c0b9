import { z } from 'zod';
import { parseTimestamp } from './timestamps.ts';

/** Python accepts UUIDs of any version and case, and writes them in lower case. */
export const Uuid = z
  .string()
  .regex(/^[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$/)
  .transform((text) => {
    const hex = text.replaceAll('-', '').toLowerCase();
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20),
    ].join('-');
  });

export const Moment = z.string().transform((text, context) => {
  const timestamp = parseTimestamp(text);
  if (timestamp !== undefined) return timestamp;
  context.addIssue({ code: 'custom', message: 'Input should be a valid datetime' });
  return z.NEVER;
});

export const Name = z
  .string()
  .min(1)
  .regex(/^[^/%&><]*$/, 'Name contains an invalid character.');

export const JsonObject = z.record(z.string(), z.unknown());

/** A field that may be absent or null. Both are read as null. */
export const orNull = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value): z.output<T> | null => value ?? null);

export const Tags = z.array(z.string());
