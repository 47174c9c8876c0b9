import { createServer } from 'node:net';

/** A port that was free a moment ago, for programs that cannot choose and report one themselves. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address === null || typeof address === 'string')
          reject(new Error('no port was assigned'));
        else resolve(address.port);
      });
    });
  });
}
