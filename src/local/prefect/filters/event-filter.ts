import { z } from 'zod';
import type { EventInput } from '../events.ts';
import { Moment, Uuid } from '../fields.ts';
import { combined, every, when, type Checks } from './criteria.ts';

const texts = z.array(z.string()).nullish();
/** Labels with patterns: `*` at the end, `!` in front. */
const Labels = z.record(z.string(), z.union([z.string(), z.array(z.string())])).nullish();

const AnyResource = z.strictObject({ id: texts, id_prefix: texts, labels: Labels });
const Related = z.strictObject({
  id: texts,
  role: texts,
  resources_in_roles: z.array(z.tuple([z.string(), z.string()])).nullish(),
  labels: Labels,
});
const oneOrMany = <T extends z.ZodType>(schema: T) => z.union([schema, z.array(schema)]).nullish();

export const EventFilter = z.strictObject({
  occurred: z.strictObject({ since: Moment.optional(), until: Moment.optional() }).nullish(),
  event: z
    .strictObject({ prefix: texts, exclude_prefix: texts, name: texts, exclude_name: texts })
    .nullish(),
  resource: AnyResource.extend({ distinct: z.boolean().nullish() }).nullish(),
  related: oneOrMany(Related),
  any_resource: oneOrMany(AnyResource),
  id: z.strictObject({ id: z.array(Uuid).nullish() }).nullish(),
  text: z.strictObject({ query: z.string().max(200) }).nullish(),
  order: z.enum(['ASC', 'DESC']).default('DESC'),
});
export type EventFilter = z.output<typeof EventFilter>;

type Resource = Readonly<Record<string, string>>;

export function matchesEvent(filter: EventFilter, event: EventInput, now: string): boolean {
  if (filter.event && !matchesName(filter.event, event.event)) return false;
  const resources = [event.resource, ...event.related];
  return every([
    ...when(
      filter.occurred,
      ({ since, until }) => (since ?? '') <= event.occurred && event.occurred <= (until ?? now),
    ),
    ...when(filter.resource, (part) => matchesResource(part, event.resource)),
    ...many(filter.any_resource).map((part) => resources.some((one) => matchesResource(part, one))),
    ...many(filter.related).map((part) => event.related.some((one) => matchesRelated(part, one))),
    ...when(filter.id, (part) => every(nonEmpty(part.id, (ids) => ids.includes(event.id)))),
    ...when(filter.text, ({ query }) =>
      JSON.stringify(event).toLowerCase().includes(query.toLowerCase()),
    ),
  ]);
}

function many<T>(part: T | readonly T[] | null | undefined): readonly T[] {
  if (part === null || part === undefined) return [];
  // A filter is an object; only a list of filters is an array.
  return Array.isArray(part) ? (part as readonly T[]) : [part as T];
}

/** Here an empty list restricts nothing. */
function nonEmpty(
  values: readonly string[] | null | undefined,
  check: (values: readonly string[]) => boolean,
): Checks {
  return values && values.length > 0 ? [check(values)] : [];
}

function matchesName(part: NonNullable<EventFilter['event']>, name: string): boolean {
  const starts = (prefixes: readonly string[]): boolean =>
    prefixes.some((prefix) => name.startsWith(prefix));
  return every([
    ...nonEmpty(part.prefix, starts),
    ...nonEmpty(part.exclude_prefix, (prefixes) => !starts(prefixes)),
    ...nonEmpty(part.name, (names) => names.includes(name)),
    ...nonEmpty(part.exclude_name, (names) => !names.includes(name)),
  ]);
}

function idOf(resource: Resource): string {
  return resource['prefect.resource.id'] ?? '';
}

function matchesResource(part: z.output<typeof AnyResource>, resource: Resource): boolean {
  return every([
    ...nonEmpty(part.id, (ids) => ids.includes(idOf(resource))),
    ...nonEmpty(part.id_prefix, (prefixes) =>
      prefixes.some((prefix) => idOf(resource).startsWith(prefix)),
    ),
    ...when(part.labels, (labels) => matchesLabels(labels, resource)),
  ]);
}

function matchesRelated(part: z.output<typeof Related>, resource: Resource): boolean {
  const role = resource['prefect.resource.role'] ?? '';
  return combined('and_', [
    ...nonEmpty(part.id, (ids) => ids.includes(idOf(resource))),
    ...nonEmpty(part.role, (roles) => roles.includes(role)),
    ...when(part.resources_in_roles, (pairs) =>
      pairs.some(([id, wanted]) => id === idOf(resource) && wanted === role),
    ),
    ...when(part.labels, (labels) => matchesLabels(labels, resource)),
  ]);
}

function matchesLabels(labels: NonNullable<z.output<typeof Labels>>, resource: Resource): boolean {
  return Object.entries(labels).every(([label, expected]) => {
    const value = resource[label];
    const patterns = typeof expected === 'string' ? [expected] : expected;
    return value !== undefined && patterns.some((pattern) => matchesPattern(pattern, value));
  });
}

function matchesPattern(pattern: string, value: string): boolean {
  if (pattern.startsWith('!')) return !matchesPattern(pattern.slice(1), value);
  return pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
}
