import { shapeTable } from './shape-table.ts';

/** `size`: a text or a number; `scalar`: a text, number or boolean; `any`: anything. */
const scalars = ['text', 'integer', 'boolean', 'size', 'scalar', 'any'] as const;
type Scalar = (typeof scalars)[number];

/** The type of a member in a request. */
export type Shape =
  | { readonly kind: Scalar }
  | { readonly kind: 'list' | 'map'; readonly of: Shape }
  | { readonly kind: 'structure'; readonly name: string }
  | { readonly kind: 'choice'; readonly of: readonly Shape[] };

export interface Structure {
  readonly members: ReadonlyMap<string, Shape>;
  readonly required: readonly string[];
}

/** Structures by name. */
export type Shapes = ReadonlyMap<string, Structure>;

/** AWS's own shapes of the calls that are built from users' documents. */
export const awsShapes: Shapes = parsedShapes(shapeTable);

/**
 * What a user may write besides, because it is converted before it is sent, as the Python worker
 * does it (worker.md 4.9, 4.10, 7 rules 10 to 12 and 18). Variables are judged by what
 * is left of them: those of the job take their places.
 */
const conversions = `
RegisterTaskDefinitionRequest: cpu:size memory:size
ContainerDefinition: cpu:size memory:size
RunTaskRequest: tags:WrittenTag[]|scalar{}
TaskOverride: cpu:size memory:size
ContainerOverride: cpu:size memory:size memoryReservation:size command:text[]|text
  environment:WrittenVariable[]|any{}
WrittenTag: key:scalar value:scalar
WrittenVariable: name value:any
`;

/** The types that users may write. */
export const writtenShapes: Shapes = widened(awsShapes, parsedShapes(conversions));

/**
 * Client settings in an AwsCredentials block (worker.md 2.1, 2.4). Options have botocore's names; a
 * test compares them. The code that reads them decides which of them have an effect.
 */
const clientTable = `
Credentials: aws_client_parameters:ClientParameters assume_role_kwargs:AssumeRoleParameters
ClientParameters: api_version:any use_ssl:any verify:any verify_cert_path:any endpoint_url:any
  config:ClientOptions
ClientOptions: region_name:any signature_version:any user_agent:any user_agent_extra:any
  user_agent_appid:any connect_timeout:any read_timeout:any parameter_validation:any
  max_pool_connections:any proxies:any proxies_config:any s3:any s3_disable_express_session_auth:any
  retries:Retries client_cert:any inject_host_prefix:any endpoint_discovery_enabled:any
  use_dualstack_endpoint:any use_fips_endpoint:any ignore_configured_endpoint_urls:any
  defaults_mode:any tcp_keepalive:any request_min_compression_size_bytes:any
  disable_request_compression:any client_context_params:any sigv4a_signing_region_set:any
  request_checksum_calculation:any response_checksum_validation:any account_id_endpoint_mode:any
  auth_scheme_preference:any
Retries: total_max_attempts:any max_attempts:any mode:any
AssumeRoleParameters: RoleSessionName DurationSeconds:size Policy
  PolicyArns:StsPolicyDescriptorType[] Tags:StsTag[] TransitiveTagKeys:text[] ExternalId SerialNumber
  TokenCode SourceIdentity ProvidedContexts:StsProvidedContext[]
`;

export const clientShapes: Shapes = new Map([...awsShapes, ...parsedShapes(clientTable)]);

function widened(shapes: Shapes, wider: Shapes): Shapes {
  return new Map([
    ...shapes,
    ...[...wider].map(([name, { members }]): [string, Structure] => {
      const known = shapes.get(name);
      return [
        name,
        {
          members: new Map([...(known?.members ?? []), ...members]),
          required: known?.required ?? [],
        },
      ];
    }),
  ]);
}

function parsedShapes(table: string): Shapes {
  const paragraphs = table.trim().split(/\n(?! )/);
  return new Map(paragraphs.map((paragraph) => parsedStructure(paragraph)));
}

function parsedStructure(paragraph: string): [string, Structure] {
  const [head = '', ...words] = paragraph.split(/\s+/);
  const members = words.map((word) => {
    const [declared = '', type = 'text'] = word.split(':');
    return {
      name: declared.replace('*', ''),
      isRequired: declared.endsWith('*'),
      shape: parsedShape(type),
    };
  });
  const required = members.flatMap(({ name, isRequired }) => (isRequired ? [name] : []));
  const shapes = new Map(members.map(({ name, shape }) => [name, shape]));
  return [head.replace(':', ''), { members: shapes, required }];
}

function parsedShape(type: string): Shape {
  if (type.includes('|'))
    return { kind: 'choice', of: type.split('|').map((one) => parsedShape(one)) };
  if (type.endsWith('[]')) return { kind: 'list', of: parsedShape(type.slice(0, -2)) };
  if (type.endsWith('{}')) return { kind: 'map', of: parsedShape(type.slice(0, -2)) };
  const scalar = scalars.find((one) => one === type);
  return scalar === undefined ? { kind: 'structure', name: type } : { kind: scalar };
}
