import { z } from 'zod';
import { Moment, Uuid } from '../fields.ts';

/**
 * The building blocks of the server's filters. An absent part restricts nothing; an empty `any_`
 * matches nothing.
 */
const list = <T extends z.ZodType>(item: T) => z.array(item).nullish();
const flag = z.boolean().nullish();

export const Operator = z.enum(['and_', 'or_']).default('and_');
export const operatorField = { operator: Operator };

export const IdFilter = z.strictObject({ any_: list(Uuid), not_any_: list(Uuid) });
export const AnyIdFilter = z.strictObject({ any_: list(Uuid) });
export const NameFilter = z.strictObject({ any_: list(z.string()), like_: z.string().nullish() });
export const AnyTextFilter = z.strictObject({ any_: list(z.string()) });
export const NullableIdFilter = z.strictObject({
  ...operatorField,
  any_: list(Uuid),
  is_null_: flag,
});
export const NullableTextFilter = z.strictObject({
  ...operatorField,
  any_: list(z.string()),
  is_null_: flag,
});
export const TagsFilter = z.strictObject({
  ...operatorField,
  all_: list(z.string()),
  any_: list(z.string()),
  is_null_: flag,
});
export const TimeFilter = z.strictObject({ before_: Moment.nullish(), after_: Moment.nullish() });
export const NullableTimeFilter = z.strictObject({
  before_: Moment.nullish(),
  after_: Moment.nullish(),
  is_null_: flag,
});

export type Checks = readonly boolean[];

export function combined(operator: z.output<typeof Operator>, checks: Checks): boolean {
  if (checks.length === 0) return true;
  return operator === 'and_' ? checks.every(Boolean) : checks.some(Boolean);
}

type Nullable<T> = T | null | undefined;

function given<T>(value: Nullable<T>): value is T {
  return value !== null && value !== undefined;
}

export function when<T>(part: Nullable<T>, check: (part: T) => boolean): Checks {
  return given(part) ? [check(part)] : [];
}

export function anyOf(
  filter: { readonly any_?: Nullable<readonly string[]> },
  value: string | null,
): Checks {
  return when(filter.any_, (values) => value !== null && values.includes(value));
}

/** An empty `not_any_` restricts nothing. */
export function notAnyOf(
  filter: { readonly not_any_?: Nullable<readonly string[]> },
  value: string | null,
): Checks {
  return given(filter.not_any_) && filter.not_any_.length > 0
    ? [value !== null && !filter.not_any_.includes(value)]
    : [];
}

export function like(filter: { readonly like_?: Nullable<string> }, value: string): Checks {
  return when(filter.like_, (text) => value.toLowerCase().includes(text.toLowerCase()));
}

export function isNull(filter: { readonly is_null_?: Nullable<boolean> }, value: unknown): Checks {
  return when(filter.is_null_, (wanted) => (value === null) === wanted);
}

export function ranged(filter: z.output<typeof TimeFilter>, value: string | null): Checks {
  return [
    ...when(filter.before_, (before) => value !== null && value <= before),
    ...when(filter.after_, (after) => value !== null && value >= after),
  ];
}

export function tagged(filter: z.output<typeof TagsFilter>, tags: readonly string[]): boolean {
  return combined(filter.operator, [
    ...when(filter.all_, (all) => all.every((tag) => tags.includes(tag))),
    ...when(filter.any_, (any) => any.some((tag) => tags.includes(tag))),
    ...when(filter.is_null_, (wanted) => (tags.length === 0) === wanted),
  ]);
}

export const every = (checks: Checks): boolean => checks.every(Boolean);
