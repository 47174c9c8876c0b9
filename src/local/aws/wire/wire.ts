import { Answer, type LocalRequest } from '../../message.ts';
import type { Random } from '../../../kernel/random.ts';
import { AwsError } from './aws-error.ts';
import { element, type XmlValue } from './xml.ts';

/** One call, independent of its protocol. */
export interface AwsCall {
  readonly service: string;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly region: string;
  readonly account: string;
  readonly protocol: 'json' | 'ec2' | 'query';
  /** The caller: the key, or the assumed role behind it. */
  readonly caller: Caller;
  /** The origin that the client used. Queue URLs begin with it. */
  readonly origin: string;
}

export interface Caller {
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
}

const jsonServices: ReadonlyMap<string, string> = new Map([
  ['AmazonEC2ContainerServiceV20141113', 'ecs'],
  ['Logs_20140328', 'logs'],
  ['AWSEvents', 'events'],
  ['AmazonSQS', 'sqs'],
  ['secretsmanager', 'secretsmanager'],
]);

export interface WireDefaults {
  readonly region: string;
  readonly account: string;
  /**
   * The holder of temporary keys. Undefined: the keys are permanent. Throws if they have expired.
   */
  callerOf(
    accessKey: string,
    sessionToken: string | null,
    kind: AwsCall['protocol'],
  ): Caller | undefined;
  /** Throws for a request that no permitted caller signed. */
  admit(request: LocalRequest, body: string, kind: AwsCall['protocol']): void;
}

/**
 * Reads a call from a request (aws-ecs.md A.1, A.2). Region and service come from the credential
 * scope, because form services have no target header.
 */
export async function readCall(request: LocalRequest, defaults: WireDefaults): Promise<AwsCall> {
  const contentType = request.headers.get('content-type') ?? '';
  if (!/^application\/(x-amz-json-1\.[01]|x-www-form-urlencoded)\b/.test(contentType)) {
    throw new AwsError('SerializationException', `Content type '${contentType}' is not supported.`);
  }
  const scope = credentialScope(request.headers.get('authorization'));
  const region = scope?.region ?? defaults.region;
  const plainAccount =
    scope !== undefined && /^\d{12}$/.test(scope.accessKey) ? scope.accessKey : defaults.account;
  const rootArn = `arn:aws:iam::${plainAccount}:root`;
  const callerFor = (kind: AwsCall['protocol']): Caller =>
    (scope !== undefined
      ? defaults.callerOf(scope.accessKey, request.headers.get('x-amz-security-token'), kind)
      : undefined) ?? { account: plainAccount, arn: rootArn, userId: plainAccount };
  const { origin } = new URL(request.url);
  const target = request.headers.get('x-amz-target');
  const text = await request.text();
  const service = scope?.service ?? 'ec2';
  const protocol = target !== null ? 'json' : service === 'ec2' ? 'ec2' : 'query';
  defaults.admit(request, text, protocol);
  if (target !== null) {
    const [prefix = '', operation = ''] = target.split('.');
    const caller = callerFor('json');
    return {
      service: jsonServices.get(prefix) ?? prefix,
      operation,
      input: jsonInput(text),
      region,
      account: caller.account,
      protocol: 'json',
      caller,
      origin,
    };
  }
  const form = new URLSearchParams(text);
  const caller = callerFor(protocol);
  return {
    service,
    operation: form.get('Action') ?? '',
    input: formInput(form),
    region,
    account: caller.account,
    protocol,
    caller,
    origin,
  };
}

/** The protocol for refusing a request that could not be read. */
export function protocolOf({ headers }: LocalRequest): AwsCall['protocol'] {
  if (headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') !== true)
    return 'json';
  return (credentialScope(headers.get('authorization'))?.service ?? 'ec2') === 'ec2'
    ? 'ec2'
    : 'query';
}

function credentialScope(
  authorization: string | null,
): { readonly accessKey: string; readonly region: string; readonly service: string } | undefined {
  const match = /Credential=([^/,\s]+)\/\d+\/([^/]+)\/([^/]+)\/aws4_request/.exec(
    authorization ?? '',
  );
  if (match === null) return undefined;
  const [, accessKey = '', region = '', service = ''] = match;
  return { accessKey, region, service };
}

function jsonInput(text: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = text === '' ? {} : JSON.parse(text);
  } catch {
    throw new AwsError('SerializationException', 'The request body is not valid JSON.');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new AwsError('SerializationException', 'The request body is not a JSON object.');
  }
  return { ...parsed };
}

/** Parameters of EC2 and STS need at most half of this. */
const deepest = 16;

/**
 * `Filter.1.Name=x&Filter.1.Value.1=y` as nested objects with numeric keys; `listIn` reads lists.
 * The client chooses the names, so the objects have no prototype: `__proto__.family` is then an
 * ordinary, unknown parameter.
 */
function formInput(form: URLSearchParams): Readonly<Record<string, unknown>> {
  const root = emptyRecord();
  for (const [path, value] of form) {
    const parts = path.split('.', deepest + 1).filter((part) => part !== 'member');
    if (parts.length > deepest)
      throw new AwsError('MalformedQueryString', `A parameter has more than ${deepest} parts.`);
    let at = root;
    for (const part of parts.slice(0, -1)) {
      const inner = at[part];
      const next = isRecord(inner) ? inner : emptyRecord();
      at[part] = next;
      at = next;
    }
    at[parts.at(-1) ?? ''] = value;
  }
  return root;
}

function emptyRecord(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>; // Object.create is typed `any`
}

/** The items of a form's numbered list, in order. */
export function listIn(value: unknown): readonly unknown[] {
  if (!isRecord(value)) return [];
  return Object.entries(value)
    .filter(([key]) => /^\d+$/.test(key))
    .sort(([one], [other]) => Number(one) - Number(other))
    .map(([, item]) => item);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A successful answer in the call's own protocol. */
export function answerCall(
  call: AwsCall,
  output: Readonly<Record<string, unknown>>,
  random: Random,
): Answer {
  const requestId = random.uuid();
  if (call.protocol === 'json') return json(200, output, requestId, jsonVersion(call.service));
  const members = Object.entries(output).map(([name, value]) =>
    element(name, value as XmlValue, call.protocol),
  ); // outputs of query operations consist of XmlValue only
  const name = call.operation;
  const body =
    call.protocol === 'ec2'
      ? `<${name}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>${requestId}</requestId>${members.join('')}</${name}Response>`
      : `<${name}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${name}Result>${members.join('')}</${name}Result>` +
        `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`;
  return xml(200, body, requestId);
}

/** A refusal in the protocol of the call, or in JSON if the call could not be read. */
export function answerError(
  { protocol, service }: Pick<AwsCall, 'protocol' | 'service'>,
  error: AwsError,
  random: Random,
): Answer {
  const requestId = random.uuid();
  if (protocol === 'json') {
    const body = { __type: error.code, message: error.message, ...error.members };
    return json(error.status, body, requestId, jsonVersion(service), error.headers);
  }
  const details = `${element('Code', error.code, protocol)}${element('Message', error.message, protocol)}`;
  const body =
    protocol === 'ec2'
      ? `<Response><Errors><Error>${details}</Error></Errors><RequestID>${requestId}</RequestID></Response>`
      : `<ErrorResponse><Error><Type>Sender</Type>${details}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  return xml(error.status, body, requestId);
}

/** Only SQS uses AWS JSON 1.0 (aws-ecs.md A.1). */
function jsonVersion(service: string): '1.0' | '1.1' {
  return service === 'sqs' ? '1.0' : '1.1';
}

function json(
  status: number,
  body: unknown,
  requestId: string,
  version: '1.0' | '1.1',
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return Answer.json(status, body, {
    'content-type': `application/x-amz-json-${version}`,
    'x-amzn-requestid': requestId,
    ...headers,
  });
}

function xml(status: number, body: string, requestId: string): Answer {
  return new Answer(status, `<?xml version="1.0" encoding="UTF-8"?>\n${body}`, {
    'content-type': 'text/xml;charset=UTF-8',
    'x-amzn-requestid': requestId,
  });
}
