import { expect, it } from 'vitest';
import { ChannelProtocolError } from './channel-frames.ts';
import { afterEnd, retryDelayMs } from './channel-state.ts';
import { DeadlineError } from '../../kernel/deadline.ts';
import { LogInRefusedError } from '../socket/handshake.ts';
import {
  SocketClosedError,
  SocketUnreachableError,
  SubprotocolMissingError,
  UpgradeRefusedError,
} from '../socket/socket.ts';

const url = 'ws://prefect.test/api';
const refused = (status: number): Error => new UpgradeRefusedError(url, status);
const closed = (code: number, reason = ''): Error => new SocketClosedError({ code, reason });

it.each([
  ['upgrade refused with 401', refused(401), 'disabled', 'disabled'],
  ['upgrade refused with 403, as an old server does', refused(403), 'disabled', 'disabled'],
  ['upgrade refused with 404', refused(404), 'disabled', 'disabled'],
  ['upgrade refused with 405', refused(405), 'disabled', 'disabled'],
  ['upgrade refused with 302', refused(302), 'disabled', 'disabled'],
  ['upgrade refused with 429', refused(429), 'disabled', 'disabled'],
  ['upgrade refused with 500', refused(500), 'retry', 'retry'],
  ['upgrade refused with 503', refused(503), 'retry', 'retry'],
  ['set-up timeout', new DeadlineError('not done within 10 s'), 'retry', 'retry'],
  ['no connection', new SocketUnreachableError(url, 'ECONNREFUSED'), 'disabled', 'retry'],
  ['a broken handshake', new SubprotocolMissingError(url), 'disabled', 'retry'],
  ['log-in refused', new LogInRefusedError(undefined), 'disabled', 'disabled'],
  ['a frame that cannot be read', new ChannelProtocolError('?'), 'disabled', 'disabled'],
  ['closed: authentication_failed', closed(1008, 'authentication_failed'), 'disabled', 'disabled'],
  ['closed: authorization_failed', closed(1008, 'authorization_failed'), 'disabled', 'disabled'],
  ['closed: unsupported_version', closed(1008, 'unsupported_version'), 'disabled', 'disabled'],
  ['closed: protocol_error', closed(1002, 'protocol_error'), 'disabled', 'disabled'],
  [
    'closed: heartbeat_persistence_failed',
    closed(1011, 'heartbeat_persistence_failed'),
    'retry',
    'retry',
  ],
  ['closed: transient_server_error', closed(1011, 'transient_server_error'), 'retry', 'retry'],
  ['the reason counts, not the code', closed(1008, 'transient_server_error'), 'retry', 'retry'],
  ['closed with 1008 and no known reason', closed(1008, 'go away'), 'disabled', 'disabled'],
  ['closed with 1002 and no known reason', closed(1002), 'disabled', 'disabled'],
  ['closed with 1011 and no known reason', closed(1011), 'retry', 'retry'],
  ['closed cleanly', closed(1000), 'retry', 'retry'],
  ['the server goes away', closed(1001), 'retry', 'retry'],
  ['a reset', closed(1006), 'retry', 'retry'],
  ['anything unexpected', new RangeError('?'), 'retry', 'retry'],
] as const)('%s', (_name, error, atFirst, afterHealth) => {
  expect(afterEnd(error, false).next).toBe(atFirst);
  expect(afterEnd(error, true).next).toBe(afterHealth);
});

it('The channel waits longer between attempts, up to half a minute', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 2_000].map(retryDelayMs)).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
  ]);
});
