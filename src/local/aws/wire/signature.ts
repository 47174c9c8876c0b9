import { createHash, createHmac } from 'node:crypto';
import type { LocalRequest } from '../../message.ts';
import { isSameSecret } from '../../same-secret.ts';

/** The verdict on a signature. `when`: why its time is invalid, in AWS's words. */
export type SignatureVerdict =
  | { readonly kind: 'valid' | 'absent' | 'incomplete' | 'unknown key' | 'wrong' }
  | { readonly kind: 'untimely'; readonly when: string };

export interface SignedCall {
  readonly request: Pick<LocalRequest, 'method' | 'url' | 'headers'>;
  readonly body: string;
  readonly now: Date;
  /** Undefined: the key does not exist. */
  readonly secretOf: (accessKeyId: string) => string | undefined;
}

const form =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})$/;
/** How far a client's clock may be off (aws-ecs.md A.4.1). */
const skewMs = 300_000;

/**
 * Verifies a call's Signature Version 4 in the `Authorization` header, as AWS does. The signature
 * is computed again with the caller's secret, over the method, the path, the signed headers and the
 * received body. `Host` and every `x-amz-*` header must be signed. Otherwise a third party on the
 * way could turn one call into another.
 *
 * Source: IAM User Guide, "Create a signed AWS API request". No service here is S3, so the path is
 * encoded twice.
 */
export function judgeSignature({ request, body, now, secretOf }: SignedCall): SignatureVerdict {
  const authorization = request.headers.get('authorization');
  if (authorization === null) return { kind: 'absent' };
  const [, key = '', day = '', region = '', service = '', names = '', signature = ''] =
    form.exec(authorization) ?? [];
  const moment = request.headers.get('x-amz-date') ?? '';
  const signed = names.split(';');
  if (signature === '' || !moment.startsWith(`${day}T`) || !areEnough(signed, request))
    return { kind: 'incomplete' };
  const secret = secretOf(key);
  if (secret === undefined) return { kind: 'unknown key' };
  const when = untimely(moment, now);
  if (when !== undefined) return { kind: 'untimely', when };
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = [
    'AWS4-HMAC-SHA256',
    moment,
    scope,
    hash(canonicalRequest(request, body, signed)),
  ].join('\n');
  const signingKey = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (by, part) => createHmac('sha256', by).update(part).digest(),
    `AWS4${secret}`,
  );
  const expected = createHmac('sha256', signingKey).update(text).digest('hex');
  return { kind: isSameSecret(signature, expected) ? 'valid' : 'wrong' };
}

function areEnough(signed: readonly string[], { headers }: SignedCall['request']): boolean {
  const must = [...headers].map(([name]) => name).filter((name) => name.startsWith('x-amz-'));
  return ['host', ...must].every((name) => signed.includes(name));
}

function canonicalRequest(
  { method, url, headers }: SignedCall['request'],
  body: string,
  signed: readonly string[],
): string {
  const { pathname, searchParams } = new URL(url);
  const query = [...searchParams]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort();
  return [
    method,
    pathname.split('/').map(encoded).join('/'),
    query.join('&'),
    ...signed.map((name) => `${name}:${(headers.get(name) ?? '').trim().replaceAll(/ +/g, ' ')}`),
    '',
    signed.join(';'),
    hash(body), // the received body, whatever `x-amz-content-sha256` claims
  ].join('\n');
}

/** RFC 3986: AWS also encodes five characters that `encodeURIComponent` keeps. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function untimely(moment: string, now: Date): string | undefined {
  const at = Date.parse(
    moment.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
  const isoNow = now.toISOString();
  const basicNow = `${isoNow.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  if (!(at >= now.getTime() - skewMs))
    return `Signature expired: ${moment} is now earlier than ${basicNow} - 5 min.`;
  if (at > now.getTime() + skewMs)
    return `Signature not yet current: ${moment} is still later than ${basicNow} + 5 min.`;
  return undefined;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
