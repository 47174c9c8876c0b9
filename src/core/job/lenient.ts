import { z } from 'zod';
import { JsonRecord } from '../prefect/json.ts';
import { numberOf } from '../../kernel/json.ts';
import { pyStr } from './py-repr.ts';

const yes = ['1', 'true', 't', 'yes', 'y', 'on'];
const no = ['0', 'false', 'f', 'no', 'n', 'off'];

/** A boolean as pydantic parses it, including 0, 1 and the usual words. Null: undefined. */
export const lenientBoolean = z
  .preprocess((value) => {
    const number = numberOf(value);
    const text =
      typeof value === 'string' || number !== undefined
        ? String(number ?? value).toLowerCase()
        : undefined;
    if (text !== undefined && yes.includes(text)) return true;
    if (text !== undefined && no.includes(text)) return false;
    return value ?? undefined;
  }, z.boolean().optional())
  .optional();

/** A text. Null, absent and empty are undefined, because the Python worker treats them alike. */
export const textOrNothing = z
  .string()
  .nullish()
  .transform((text) => (text === null || text === '' ? undefined : text));

/** A number or a numeric text. Null: undefined. */
export const lenientNumber = z.preprocess(
  (value) =>
    typeof value === 'string' && value.trim() !== ''
      ? Number(value)
      : (numberOf(value) ?? value ?? undefined),
  z.number().optional(),
);

/** An object of texts; other values become Python's text for them. Null values stay null. */
export const nullableTexts = z.preprocess(
  (value) => value ?? {},
  JsonRecord.transform((values): Readonly<Record<string, string | null>> =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, value === null ? null : pyStr(value)]),
    ),
  ),
);

/** Like `nullableTexts`, without nulls: null means "not set". */
export const texts = nullableTexts.transform((values): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  ),
);
