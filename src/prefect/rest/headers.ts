import type { Secret } from '../../kernel/secret.ts';

/**
 * Headers that users cannot replace: a custom header of this name is ignored, with a warning.
 * Without our `User-Agent` the server takes us for an old client (prefect-api.md 1.2).
 */
const protectedHeaders: readonly string[] = [
  'user-agent',
  'prefect-csrf-token',
  'prefect-csrf-client',
];

const apiVersion = '0.8.4';

/** The server parses it with an anchored pattern, so the shape must be exact. */
export function userAgent(prefectVersion: string): string {
  return `prefect/${prefectVersion} (API ${apiVersion})`;
}

export function ignoredHeaders(customHeaders: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(customHeaders).filter((name) => protectedHeaders.includes(name.toLowerCase()));
}

/** What the headers are built from. */
export interface HeaderOptions {
  readonly apiKey: Secret | undefined;
  readonly authString: Secret | undefined;
  readonly customHeaders: Readonly<Record<string, string>>;
  readonly prefectVersion: string;
  /** Identifies the worker to the server, once it is set up. */
  readonly attribution: () => {
    readonly workerName: string | undefined;
    readonly workerId: string | undefined;
  };
}

/** The headers of a request. */
export function requestHeaders(options: HeaderOptions, hasBody: boolean): Record<string, string> {
  const { workerName, workerId } = options.attribution();
  const headers: Record<string, string> = {
    'User-Agent': userAgent(options.prefectVersion),
    'X-PREFECT-API-VERSION': apiVersion,
    Accept: 'application/json',
    ...(hasBody && { 'Content-Type': 'application/json' }),
    ...authorization(options),
    ...(workerName !== undefined && { 'X-Prefect-Worker-Name': headerText(workerName) }),
    ...(workerId !== undefined && { 'X-Prefect-Worker-Id': workerId }),
  };
  for (const [name, value] of Object.entries(options.customHeaders)) {
    if (protectedHeaders.includes(name.toLowerCase())) continue;
    for (const ours of Object.keys(headers))
      if (ours.toLowerCase() === name.toLowerCase()) delete headers[ours];
    headers[name] = value;
  }
  return headers;
}

/** The auth string wins over the key. */
function authorization(options: HeaderOptions): { Authorization?: string } {
  if (options.authString !== undefined) {
    return {
      Authorization: `Basic ${Buffer.from(options.authString.reveal()).toString('base64')}`,
    };
  }
  return options.apiKey === undefined ? {} : { Authorization: `Bearer ${options.apiKey.reveal()}` };
}

/** Header values are Latin-1, so a name in another script is percent-encoded. */
function headerText(text: string): string {
  return /^[\u0020-\u007e]*$/.test(text) ? text : encodeURIComponent(text);
}
