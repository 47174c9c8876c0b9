import type { Answer } from '../../message.ts';
import { z } from 'zod';
import { Tags } from '../fields.ts';
import { pageFields, pageOf } from '../filters/query.ts';
import {
  anyOf,
  every,
  like,
  NameFilter,
  operatorField,
  tagged,
  TagsFilter,
  when,
  combined,
} from '../filters/criteria.ts';
import { created, noContent, ok, refusal } from '../http.ts';
import type { Variable } from '../records.ts';
import { get, remove, takes, type Call, type Route } from '../router.ts';
import type { World } from '../world.ts';

const VariableName = z
  .string()
  .max(255)
  .regex(
    /^[a-z0-9]+([_-]+[a-z0-9]+)*$/,
    'Value error, Variable name must only contain lowercase letters, numbers, and dashes or ' +
      'underscores.',
  );

const Create = z.strictObject({ name: VariableName, value: z.json(), tags: Tags.default([]) });
const Update = z.strictObject({
  name: VariableName.nullish(),
  value: z.json().optional(),
  tags: Tags.nullish(),
});
const Filter = z.strictObject({
  ...operatorField,
  id: z.strictObject({ any_: z.array(z.string()).nullish() }).nullish(),
  name: NameFilter.nullish(),
  tags: TagsFilter.nullish(),
});

function need({ world, params }: Call<unknown>): Variable {
  const { id, name } = params;
  const variable =
    id === undefined ? world.variables.find((one) => one.name === name) : world.variables.get(id);
  if (variable === undefined) throw refusal(404, 'Variable not found.');
  return variable;
}

function update(call: Call<z.output<typeof Update>>): Answer {
  const variable = need(call);
  const { name, value, tags } = call.body;
  call.world.variables.put({
    ...variable,
    ...(name && { name }),
    ...(value !== undefined && { value }),
    ...(tags && { tags }),
    updated: call.world.now(),
  });
  return noContent();
}

function drop(call: Call<unknown>): Answer {
  call.world.variables.delete(need(call).id);
  return noContent();
}

function find(
  world: World,
  filter: z.output<typeof Filter> | null | undefined,
): readonly Variable[] {
  return world.variables.filter(
    (variable) =>
      !filter ||
      combined(filter.operator, [
        ...when(filter.id, (id) => every(anyOf(id, variable.id))),
        ...when(filter.name, (name) =>
          every([...anyOf(name, variable.name), ...like(name, variable.name)]),
        ),
        ...when(filter.tags, (tags) => tagged(tags, variable.tags)),
      ]),
  );
}

export const variableRoutes: readonly Route[] = [
  takes('POST', '/variables/', Create, ({ world, body }) => {
    if (world.variables.find((one) => one.name === body.name) !== undefined) {
      throw refusal(409, `A variable with the name '${body.name}' already exists.`);
    }
    return created(world.variables.put({ ...world.row(), ...body }));
  }),
  get('/variables/{id}', (call) => ok(need(call))),
  get('/variables/name/{name}', (call) => ok(need(call))),
  takes('PATCH', '/variables/{id}', Update, update),
  takes('PATCH', '/variables/name/{name}', Update, update),
  remove('/variables/{id}', drop),
  remove('/variables/name/{name}', drop),
  takes(
    'POST',
    '/variables/filter',
    z.object({ variables: Filter.nullish(), ...pageFields }),
    ({ world, body }) => ok(pageOf(find(world, body.variables), body)),
  ),
  takes('POST', '/variables/count', z.object({ variables: Filter.nullish() }), ({ world, body }) =>
    ok(find(world, body.variables).length),
  ),
];
