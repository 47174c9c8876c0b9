import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

/** One call as it arrived. */
export interface SeenCall {
  /** For example `AssumeRole` or `DescribeTasks`. */
  readonly operation: string;
  /** The signature's key and region. Undefined without a signature. */
  readonly signedBy: string | undefined;
  readonly region: string | undefined;
  readonly sessionToken: string | undefined;
  readonly userAgent: string;
  /** The target of the request line, which is the whole URL for a proxy. */
  readonly target: string;
  readonly body: string;
}

export interface AwsStandIn extends AsyncDisposable {
  readonly url: string;
  readonly calls: readonly SeenCall[];
  count(operation: string): number;
  /** Replaces answers of the next calls. Where it returns undefined the call is answered. */
  interfere(how: (call: SeenCall, response: ServerResponse) => Promise<void> | undefined): void;
  /** Expiry of the sessions that AssumeRole returns. */
  sessionsExpireAt: Date;
}

/** The worker first asks for its account, whose limits its calls share. Tests ignore that call. */
const identity =
  '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
  '<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>';

/**
 * Starts a stand-in for AWS that records each call's signature, and answers AssumeRole with
 * numbered sessions.
 */
export async function startAwsStandIn(tls?: {
  readonly key: Buffer;
  readonly cert: Buffer;
}): Promise<AwsStandIn> {
  const calls: SeenCall[] = [];
  let interference: (call: SeenCall, response: ServerResponse) => Promise<void> | undefined = () =>
    undefined;
  const standIn = { sessionsExpireAt: new Date('2030-01-01T01:00:00Z') };
  const count = (operation: string): number =>
    calls.filter((call) => call.operation === operation).length;
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    void answer(request, response);
  };
  const server: Server =
    tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await seen(request);
    if (call.operation === 'GetCallerIdentity') {
      response.writeHead(200, { 'content-type': 'text/xml' }).end(identity);
      return;
    }
    calls.push(call);
    await interference(call, response);
    if (response.headersSent) return;
    if (call.operation !== 'AssumeRole') {
      response
        .writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
        .end('{"tasks":[],"failures":[]}');
      return;
    }
    const number = count('AssumeRole');
    response
      .writeHead(200, { 'content-type': 'text/xml' })
      .end(
        '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>' +
          `<AccessKeyId>ASIASESSION${number}</AccessKeyId><SecretAccessKey>s${number}</SecretAccessKey>` +
          `<SessionToken>token-${number}</SessionToken><Expiration>${standIn.sessionsExpireAt.toISOString()}</Expiration>` +
          '</Credentials></AssumeRoleResult></AssumeRoleResponse>',
      );
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return Object.assign(standIn, {
    url: `http${tls === undefined ? '' : 's'}://127.0.0.1:${address.port}`,
    calls,
    count,
    interfere: (how: typeof interference) => {
      interference = how;
    },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

async function seen(request: IncomingMessage): Promise<SeenCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks).toString();
  const credential = /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '');
  const target = String(request.headers['x-amz-target'] ?? '').split('.')[1];
  const token = request.headers['x-amz-security-token'];
  return {
    operation: target ?? new URLSearchParams(body).get('Action') ?? '',
    signedBy: credential?.[1],
    region: credential?.[2],
    sessionToken: typeof token === 'string' ? token : undefined,
    target: request.url ?? '',
    userAgent: request.headers['user-agent'] ?? '',
    body,
  };
}
