import { readFileSync } from 'node:fs';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import { fileURLToPath } from 'node:url';

const certificates = new URL('../contract/certificates/', import.meta.url);

export type CertificateName =
  | 'trusted'
  | 'expired'
  | 'not-yet-valid'
  | 'foreign-name'
  | 'for-tests-only';

/** Path of the authority that signed all certificates except the self-signed one. */
export const authority = fileURLToPath(new URL('authority.cert.pem', certificates));

/** A TLS proxy in front of a plain HTTP server. */
export interface TlsDoor extends AsyncDisposable {
  readonly port: number;
  /** Uses another certificate for new connections and cuts the open ones. */
  show(certificate: CertificateName): void;
}

/** Opens the proxy. Without `behind`, the server's port, connections get no answer. */
export async function openTlsDoor(certificate: CertificateName, behind?: number): Promise<TlsDoor> {
  const open = new Set<Socket>();
  const track = (socket: Socket): void => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => open.delete(socket));
  };
  const server = createServer(keyAnd(certificate), (inside) => {
    track(inside);
    if (behind === undefined) return;
    const outside = connect(behind, '127.0.0.1');
    track(outside);
    inside.pipe(outside).pipe(inside);
    inside.on('close', () => outside.destroy());
    outside.on('close', () => inside.destroy());
  });
  const cut = (): void => open.forEach((socket) => socket.destroy());
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port, // the server listens on a port, not on a pipe
    show: (other) => {
      server.setSecureContext(keyAnd(other));
      cut();
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

function keyAnd(certificate: CertificateName): { readonly key: Buffer; readonly cert: Buffer } {
  return {
    key: readFileSync(new URL('for-tests-only.key.pem', certificates)),
    cert: readFileSync(new URL(`${certificate}.cert.pem`, certificates)),
  };
}
