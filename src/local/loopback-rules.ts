import type { IncomingMessage } from 'node:http';
import { Answer } from './message.ts';

const plain = { 'content-type': 'text/plain; charset=utf-8' };

/**
 * What a page may send without asking first (a "simple" request). No client of AWS or Prefect sends
 * the first two.
 */
const formTypes = ['text/plain', 'multipart/form-data'];
const formEncoded = 'application/x-www-form-urlencoded';

/**
 * Why a request does not come from a program of this machine that meant this server; undefined: it
 * may. Every web page that is open in a browser can send requests to 127.0.0.1, and a page of its
 * own this server has not. So a request is refused when its `Host` is not this server (a page
 * rebinds its own name to 127.0.0.1), when its `Origin` has another host, port or scheme, when the
 * browser says that another site sent it (images and scripts have no `Origin`), and when its body
 * has a type that a page may send unasked. It is judged by its headers alone, before its body is
 * read.
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
  // A proxy's form of a request (`GET http://elsewhere/`) names a second host.
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
  // AWS's query protocol is form-encoded. It is signed, and no page may send an Authorization
  // header unasked.
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
  // Clients leave port 80 out.
  const suffix = port === undefined || port === 80 ? '' : `:${port}`;
  return ['127.0.0.1', 'localhost', '[::1]'].map((host) => `http://${host}${suffix}`);
}

function quoted(value: string | undefined): string {
  return value === undefined ? '(none)' : `'${value}'`;
}
