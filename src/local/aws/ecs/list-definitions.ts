import { z } from 'zod';
import { clientException } from '../wire/aws-error.ts';
import type { TaskDefinition } from './task-definitions.ts';

export const ListTaskDefinitionsInput = z.looseObject({
  familyPrefix: z.string().optional(),
  status: z.enum(['ACTIVE', 'INACTIVE', 'DELETE_IN_PROGRESS']).optional(),
  sort: z.enum(['ASC', 'DESC']).optional(),
  maxResults: z.number().int().min(1).max(100).optional(),
  nextToken: z.string().optional(),
});
export const ListFamiliesInput = z.looseObject({
  familyPrefix: z.string().optional(),
  status: z.enum(['ACTIVE', 'INACTIVE', 'ALL']).optional(),
  maxResults: z.number().int().min(1).max(100).optional(),
  nextToken: z.string().optional(),
});

/** `familyPrefix` is a complete family here. For ListTaskDefinitionFamilies it is a real prefix. */
export function listDefinitions(
  input: z.infer<typeof ListTaskDefinitionsInput>,
  all: readonly TaskDefinition[],
): Record<string, unknown> {
  const { familyPrefix, status = 'ACTIVE', sort = 'ASC' } = input;
  const sign = sort === 'ASC' ? 1 : -1;
  const arns = all
    .filter(
      (one) => one.status === status && (familyPrefix === undefined || one.family === familyPrefix),
    )
    .sort(
      (one, other) =>
        sign *
        (one.family === other.family
          ? one.revision - other.revision
          : one.family < other.family
            ? -1
            : 1),
    )
    .map(({ arn }) => arn);
  const { page, nextToken } = pageOf(arns, input);
  return { taskDefinitionArns: page, ...nextToken };
}

export function listFamilies(
  input: z.infer<typeof ListFamiliesInput>,
  all: readonly TaskDefinition[],
): Record<string, unknown> {
  const { familyPrefix = '', status = 'ACTIVE' } = input;
  const active = new Set(all.filter((one) => one.status === 'ACTIVE').map(({ family }) => family));
  const families = [...new Set(all.map(({ family }) => family))]
    .filter((family) => family.startsWith(familyPrefix))
    .filter((family) => status === 'ALL' || active.has(family) === (status === 'ACTIVE'))
    .sort();
  const { page, nextToken } = pageOf(families, input);
  return { families: page, ...nextToken };
}

/** One page of a list. The token is the position of the next item. */
export function pageOf<T>(
  items: readonly T[],
  input: { readonly maxResults?: number | undefined; readonly nextToken?: string | undefined },
): { readonly page: readonly T[]; readonly nextToken: { readonly nextToken?: string } } {
  const from = Number(input.nextToken ?? 0);
  if (!Number.isInteger(from)) throw clientException('Invalid token');
  const to = from + (input.maxResults ?? 100);
  return {
    page: items.slice(from, to),
    nextToken: to < items.length ? { nextToken: String(to) } : {},
  };
}
