import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from './free-port.ts';
import { listenerIn, userListeningOn } from './listener.ts';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1068 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 1 1 0 100 0 0 10 0
   1: 0100007F:1069 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1002        0 2 1 0 20 4 30 10 -1
   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3 1 0 100 0 0 10 0
   3: 0200007F:106A 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1003        0 4 1 0 100 0 0 10 0
`;

it.each([
  [4200, 1001],
  [80, 0],
  [4201, undefined], // a connection, no listener
  [4202, undefined], // on another address
  [4203, undefined],
])('of port %s the listener is %s', (port, user) => {
  expect(listenerIn(table, port)).toBe(user);
});

it.skipIf(process.platform !== 'linux')('tells who listens on this machine', async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

  expect(userListeningOn(port)).toBe(process.getuid?.());

  await new Promise((resolve) => server.close(resolve));
  expect(userListeningOn(port)).toBeUndefined();
});
