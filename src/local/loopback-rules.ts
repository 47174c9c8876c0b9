import type { IncomingMessage } from 'node:http';
import { Answer } from './message.ts';

const plain = { 'content-type': 'text/plain; charset=utf-8' };

/**
 * Content types that a web page may send without permission (a "simple" request). AWS and Prefect
 * clients never send the first two.
 */
const formTypes = ['text/plain', 'multipart/form-data'];
const formEncoded = 'application/x-www-form-urlencoded';

/**
 * Refuses requests that do not come from a local program that meant this server. Undefined:
 * accepted. Every web page in a browser can send requests to 127.0.0.1, and this server has no
 * pages. So a request is refused if its `Host` is not this server (a page rebinds its own name to
 * 127.0.0.1), if its `Origin` has another host, port or scheme, if the browser reports another site
 * as the sender (images and scripts have no `Origin`), and if its body has a type that a page may
 * send without permission. Only headers decide, before the body is read.
 */
export function refusalOf(incoming: IncomingMessage): Answer | undefined {
  const { host, origin, 'sec-fetch-site': site } = incoming.headers;
  const origins = originsOf(incoming.socket.localPort);
  const ownOrigin = `http://${host?.toLowerCase() ?? ''}`;
  if (!origins.includes(ownOrigin)) {
    return new Answer(
      403,
      `This server does not serve Host ${quoted(host)}. Use ${origins.join(', ')}.`,
      plain,
    );
  }
  if (origin !== undefined && origin !== ownOrigin) {
    return new Answer(403, `Pages from origin ${quoted(origin)} may not use this server.`, plain);
  }
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return new Answer(
      403,
      `Pages from other sites may not use this server (Sec-Fetch-Site: ${site}).`,
      plain,
    );
  }
  // The proxy form of a request (`GET http://elsewhere/`) names a second host.
  if (incoming.url?.startsWith('/') !== true) {
    return new Answer(
      400,
      'This server is not a proxy. Request a path, for example /api/health.',
      plain,
    );
  }
  return refusalOfType(incoming);
}

function refusalOfType({ headers }: IncomingMessage): Answer | undefined {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  // AWS's query protocol is form-encoded but signed, and no page may send an Authorization header
  // without permission.
  const isForm = type === formEncoded && headers.authorization === undefined;
  if (!isForm && !formTypes.includes(type)) return undefined;
  return new Answer(
    415,
    `This server does not accept content type '${type}'. Send application/json` +
      (isForm ? ', or an Authorization header with the form.' : '.'),
    plain,
  );
}

function originsOf(port: number | undefined): readonly string[] {
  // Clients omit port 80.
  const suffix = port === undefined || port === 80 ? '' : `:${port}`;
  return ['127.0.0.1', 'localhost', '[::1]'].map((host) => `http://${host}${suffix}`);
}

function quoted(value: string | undefined): string {
  return value === undefined ? '(none)' : `'${value}'`;
}
