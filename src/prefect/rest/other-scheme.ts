import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { OtherSchemeError } from '../../kernel/connection-flaw.ts';

/** A server answers within this time, or nothing can be concluded about it. */
const answersWithinMs = 1_000;

/** How a port reacts to the wrong scheme: it closes the connection. */
const hungUp: readonly string[] = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

/**
 * A connection that was cut without an answer: the server restarts, or it speaks TLS and we do not,
 * or the reverse. The port is probed in the other scheme without any of our data. If that is
 * answered, the error says so.
 */
export async function orOtherScheme(error: Error, url: URL): Promise<Error> {
  if (!('code' in error) || !hungUp.includes(String(error.code))) return error;
  const isSecure = url.protocol === 'https:';
  const answers = isSecure ? await speaksHttp(url) : await speaksTls(url);
  if (!answers) return error;
  return new OtherSchemeError(isSecure ? 'ERR_PORT_SPEAKS_NO_TLS' : 'ERR_PORT_WANTS_TLS', {
    cause: error,
  });
}

function placeOf({ hostname, port, protocol }: URL): {
  readonly host: string;
  readonly port: number;
} {
  const usual = protocol === 'https:' ? 443 : 80;
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? usual : Number(port) };
}

/** Certificates are not checked, because nothing is sent to the other end. */
function speaksTls(url: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTls({
      ...placeOf(url),
      rejectUnauthorized: false,
      timeout: answersWithinMs,
    });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('secureConnect', () => end(true));
    socket.on('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

function speaksHttp(url: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const { host, port } = placeOf(url);
    const socket = connect(
      { host, port, timeout: answersWithinMs },
      () => void socket.write('GET / HTTP/1.0\r\n\r\n'),
    );
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (bytes) => end(bytes.subarray(0, 5).toString('latin1') === 'HTTP/'));
    socket.on('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
