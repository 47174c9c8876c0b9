import type { LocalRequest } from '../message.ts';
import { Buffer } from 'node:buffer';
import { isSameSecret } from '../same-secret.ts';
import { refusal } from './http.ts';
import type { World } from './world.ts';

const openPaths: readonly string[] = ['/api/health', '/api/ready', '/_local/health'];

/**
 * Basic authentication with the whole string `user:password` (prefect-api.md 1.2). Undefined: not
 * required.
 */
export function isAuthorized(
  authString: string | undefined,
  request: LocalRequest,
  path: string,
): boolean {
  if (authString === undefined) return true;
  if (request.method === 'GET' && openPaths.includes(path)) return true;
  const [scheme, credentials] = (request.headers.get('authorization') ?? '').split(' ');
  const given = Buffer.from(credentials ?? '', 'base64').toString('utf8');
  return scheme === 'Basic' && isSameSecret(given, authString);
}

const writing: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE'];

export function checkCsrf(world: World, request: LocalRequest): void {
  if (!writing.includes(request.method)) return;
  const token = request.headers.get('prefect-csrf-token');
  const client = request.headers.get('prefect-csrf-client');
  if (token === null) throw refusal(403, 'Missing CSRF token.');
  if (client === null) throw refusal(403, 'Missing client identifier.');
  const known = world.csrfTokens.get(client);
  if (known === undefined || known.token !== token || known.expires < world.now()) {
    throw refusal(403, 'Invalid CSRF token or client identifier.');
  }
}

const leastApiVersion = [0, 8, 0] as const;

export function checkApiVersion(request: LocalRequest): void {
  const sent = request.headers.get('x-prefect-api-version');
  if (sent === null || sent === '') return;
  const parts = sent.split('.');
  if (parts.length !== 3 || !parts.every((part) => /^\d+$/.test(part))) {
    throw refusal(
      400,
      "Invalid X-PREFECT-API-VERSION header format.Expected header in format 'x.y.z' but " +
        `received ${sent}`,
    );
  }
  for (const [at, least] of leastApiVersion.entries()) {
    const difference = Number(parts[at]) - least;
    if (difference > 0) return;
    if (difference < 0) {
      throw refusal(
        400,
        `The request specified API version ${sent} but this server requires version 0.8.0 or ` +
          'higher.',
      );
    }
  }
}

const clientPattern = /^prefect\/(\d+\.\d+\.\d+(?:[a-z.+0-9]+)?) \(API \S+\)$/;

export function clientVersionOf(request: LocalRequest): string | undefined {
  return clientPattern.exec(request.headers.get('user-agent') ?? '')?.[1];
}
