import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { projectRoot } from '../end-to-end/processes.ts';

const Member = z.looseObject({ shape: z.string(), locationName: z.string().optional() });
const Shape = z.looseObject({
  type: z.string(),
  members: z.record(z.string(), Member).optional(),
  member: Member.optional(),
  key: Member.optional(),
  value: Member.optional(),
  required: z.array(z.string()).optional(),
  enum: z.array(z.string()).optional(),
  exception: z.boolean().optional(),
  error: z.looseObject({ code: z.string().optional() }).optional(),
});
const Model = z.looseObject({
  operations: z.record(
    z.string(),
    z.looseObject({
      input: z.looseObject({ shape: z.string() }).optional(),
      output: z.looseObject({ shape: z.string() }).optional(),
    }),
  ),
  shapes: z.record(z.string(), Shape),
});
type Model = z.infer<typeof Model>;

const models = new Map<string, Model>();

/** Loads AWS's own description of a service, as botocore ships it. */
function modelOf(service: string): Model {
  const known = models.get(service);
  if (known !== undefined) return known;
  const lib = join(projectRoot, '.venv/lib');
  const [python = ''] = readdirSync(lib).filter((name) => name.startsWith('python3'));
  const folder = join(lib, python, 'site-packages/botocore/data', service);
  const version = readdirSync(folder).sort().at(-1) ?? '';
  const text = gunzipSync(readFileSync(join(folder, version, 'service-2.json.gz'))).toString();
  const model = Model.parse(JSON.parse(text));
  models.set(service, model);
  return model;
}

/** The structures of an operation's input by name, each with the types of its members. */
export function inputsOf(
  service: string,
  operation: string,
): readonly [name: string, { readonly members: Readonly<Record<string, string>> }][] {
  const { operations, shapes } = modelOf(service);
  const found = new Map<string, Readonly<Record<string, string>>>();
  const nameOf = (name: string): string => {
    const { type, member, value, members } = shapes[name] ?? { type: 'nothing' };
    if (type === 'list') return `list of ${nameOf(member?.shape ?? '')}`;
    if (type === 'map') return `map of ${nameOf(value?.shape ?? '')}`;
    if (type !== 'structure') return type;
    if (!found.has(name)) {
      const own: Record<string, string> = {};
      found.set(name, own);
      for (const [key, { shape }] of Object.entries(members ?? {})) own[key] = nameOf(shape);
    }
    return name;
  };
  nameOf(operations[operation]?.input?.shape ?? '');
  return [...found].map(([name, members]) => [name, { members }]);
}

/**
 * Violations of AWS's model in a successful answer: unknown members, wrong types, unknown enum
 * values and missing required members.
 */
export function problemsOf(service: string, operation: string, output: unknown): readonly string[] {
  const model = modelOf(service);
  const described = model.operations[operation];
  if (described === undefined) return [`${service} has no operation ${operation}`];
  if (described.output === undefined) return [];
  return problemsIn(model, described.output.shape, output, operation);
}

/** Errors of any service, which no model lists (aws-ecs.md B.3.3). */
const unmodelled = new Set([
  'ThrottlingException',
  'UnknownOperationException',
  'ExpiredTokenException',
  'SerializationException',
]);

/** Violations of AWS's model in an error. */
export function problemsOfError(service: string, body: unknown): readonly string[] {
  const { __type, ...members } = z.looseObject({ __type: z.string() }).parse(body);
  const code = __type.replace(/^.*#/, '');
  if (unmodelled.has(code)) return [];
  const { shapes } = modelOf(service);
  const shape = shapes[code];
  if (shape?.exception !== true) return [`${service} has no error ${code}`];
  return Object.keys(members)
    .filter((name) => name !== 'message' && shape.members?.[name] === undefined)
    .map((name) => `${code}.${name} is not known`);
}

function problemsIn(
  model: Model,
  shapeName: string,
  value: unknown,
  path: string,
): readonly string[] {
  const shape = model.shapes[shapeName];
  if (shape === undefined) return [`${path}: no shape ${shapeName}`];
  switch (shape.type) {
    case 'structure':
      return problemsInStructure(model, shape, value, path);
    case 'list':
      if (!Array.isArray(value)) return [`${path} is no list`];
      return value.flatMap((item, at) =>
        problemsIn(model, shape.member?.shape ?? '', item, `${path}[${at}]`),
      );
    case 'map':
      if (!isRecord(value)) return [`${path} is no map`];
      return Object.entries(value).flatMap(([key, item]) => [
        ...problemsIn(model, shape.key?.shape ?? '', key, `${path} key ${key}`),
        ...problemsIn(model, shape.value?.shape ?? '', item, `${path}.${key}`),
      ]);
    default:
      return problemOfScalar(shape, value, path);
  }
}

function problemsInStructure(
  model: Model,
  shape: z.infer<typeof Shape>,
  value: unknown,
  path: string,
): readonly string[] {
  if (!isRecord(value)) return [`${path} is no structure`];
  const missing = (shape.required ?? []).filter((name) => value[name] === undefined);
  return [
    ...missing.map((name) => `${path}.${name} is missing`),
    ...Object.entries(value).flatMap(([name, item]) => {
      const member = shape.members?.[name];
      if (member === undefined) return [`${path}.${name} is not known`];
      return problemsIn(model, member.shape, item, `${path}.${name}`);
    }),
  ];
}

/** AWS leaves out unknown values, so `""` and `null` are violations, too (aws-ecs.md A.3). */
function problemOfScalar(
  { type, enum: values }: z.infer<typeof Shape>,
  value: unknown,
  path: string,
): readonly string[] {
  const wanted: Readonly<Record<string, (one: unknown) => boolean>> = {
    string: (one) => typeof one === 'string',
    boolean: (one) => typeof one === 'boolean',
    integer: Number.isInteger,
    long: Number.isInteger,
    double: (one) => typeof one === 'number',
    float: (one) => typeof one === 'number',
    timestamp: (one) => typeof one === 'number',
    blob: (one) => typeof one === 'string',
  };
  if (wanted[type]?.(value) !== true) return [`${path} is no ${type}: ${JSON.stringify(value)}`];
  if (values !== undefined && !values.includes(String(value)))
    return [`${path} is none of ${values.join(', ')}`];
  return [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
