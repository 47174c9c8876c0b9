import { expect, it } from 'vitest';
import { sharedAbortController } from '../../kernel/abort.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createServer } from 'node:http';
import { openDoorOf } from './open-door.ts';

const never = sharedAbortController().signal;

/** A server that answers `/api/admin/version` with this status and these headers. */
async function aServer(status: number, headers: Readonly<Record<string, string>>) {
  const server = createServer((_request, response) =>
    response.writeHead(status, headers).end('"3.9.1"'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    apiUrl: `http://127.0.0.1:${address.port}/api`,
    [Symbol.dispose]: () => server.close().closeAllConnections(),
  };
}

const anyOrigin = { 'access-control-allow-origin': '*' };

it.each([
  [200, anyOrigin, /any web page open in a browser and any user of this machine\./],
  [200, { 'access-control-allow-origin': 'http://some-page.invalid' }, /any web page/],
  [
    200,
    { 'access-control-allow-origin': 'http://127.0.0.1:4200' },
    /accepts flow runs from any user of this machine\./,
  ],
  [200, {}, /PREFECT_SERVER_API_AUTH_STRING=user:password, or use/],
  [401, anyOrigin, /any web page open in a browser that has its auth string\./],
])(
  'A Prefect server that answers strangers with %s and %j causes a warning',
  async (status, headers, text) => {
    using server = await aServer(status, headers);

    const warning = await openDoorOf(server.apiUrl, systemClock, never);

    expect(warning).toMatch(text);
    expect(warning).toContain('a flow run is a command that runs as you');
  },
);

it('The warning names the settings that protect the server', async () => {
  using server = await aServer(200, anyOrigin);

  expect(await openDoorOf(server.apiUrl, systemClock, never)).toContain(
    `PREFECT_SERVER_CORS_ALLOWED_ORIGINS=${server.apiUrl.replace('/api', '')} and PREFECT_SERVER_API_AUTH_STRING=`,
  );
});

it('A protected or absent server causes no warning', async () => {
  using server = await aServer(401, { 'access-control-allow-origin': 'http://127.0.0.1:4200' });

  expect(await openDoorOf(server.apiUrl, systemClock, never)).toBeUndefined();
  expect(await openDoorOf('http://127.0.0.1:1/api', systemClock, never)).toBeUndefined();
});
