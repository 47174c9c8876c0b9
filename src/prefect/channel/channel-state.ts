import { toError } from '../../kernel/errors.ts';
import { ChannelProtocolError } from './channel-frames.ts';
import { DeadlineError } from '../../kernel/deadline.ts';
import { LogInRefusedError } from '../socket/handshake.ts';
import {
  SocketClosedError,
  SocketUnreachableError,
  SubprotocolMissingError,
  UpgradeRefusedError,
} from '../socket/socket.ts';

/**
 * - `connecting`: connecting, or about to;
 * - `healthy`: heartbeats and snapshots use the channel;
 * - `fallback_retrying`: waiting for the next attempt;
 * - `disabled`: off for the rest of the process, because this server has no channel for us.
 *
 * Unless the state is `healthy`, the pool is read and the heartbeat sent over REST.
 */
export type ChannelState = 'connecting' | 'healthy' | 'fallback_retrying' | 'disabled';

/** What follows the end of a connection, and the reason for the log. */
export interface AfterEnd {
  readonly next: 'disabled' | 'retry';
  readonly reason: string;
}

const disabled = (reason: string): AfterEnd => ({ next: 'disabled', reason });
const retry = (reason: string): AfterEnd => ({ next: 'retry', reason });

/** Reasons in a close frame that decide, whatever the close code. */
const closeReasons: ReadonlyMap<string, AfterEnd['next']> = new Map([
  ['authentication_failed', 'disabled'],
  ['authorization_failed', 'disabled'],
  ['unsupported_version', 'disabled'],
  ['protocol_error', 'disabled'],
  ['heartbeat_persistence_failed', 'retry'],
  ['transient_server_error', 'retry'],
]);

/**
 * Decides by why a connection ended whether to retry. `hasBeenHealthy`: in this process, ever. An
 * old server answers 403 and has no channel, so that is no error (prefect-api.md 2.4.3; Prefect's
 * `_worker_channel/_transport.py`).
 */
export function afterEnd(error: unknown, hasBeenHealthy: boolean): AfterEnd {
  if (error instanceof UpgradeRefusedError) return afterRefusal(error.status);
  if (error instanceof SocketClosedError) return afterClose(error.code, error.reason);
  if (error instanceof LogInRefusedError) return disabled('authentication_failed');
  if (error instanceof ChannelProtocolError) return disabled('protocol_error');
  if (error instanceof DeadlineError) return retry('setup_timeout');
  if (error instanceof SocketUnreachableError || error instanceof SubprotocolMissingError) {
    return hasBeenHealthy ? retry('connection_lost') : disabled('endpoint_unavailable');
  }
  return retry(toError(error).name);
}

/**
 * A server before 3.7.2 has no such route, and its framework answers 403. That is not a failure.
 */
function afterRefusal(status: number): AfterEnd {
  return status >= 500 ? retry(`upgrade_refused_${status}`) : disabled(`upgrade_refused_${status}`);
}

function afterClose(code: number, reason: string): AfterEnd {
  const next = closeReasons.get(reason);
  if (next !== undefined) return { next, reason };
  return code === 1008 || code === 1002 ? disabled(`closed_${code}`) : retry(`closed_${code}`);
}

const longestDelayMs = 30_000;

/** 1, 2, 4, 8, 16, 30, 30 ... s. `attempt` counts from 1 since the last session. */
export function retryDelayMs(attempt: number): number {
  return Math.min(longestDelayMs, 1000 * 2 ** (attempt - 1));
}

/** What the sync over REST reads of the channel. */
export interface ChannelView {
  readonly state: ChannelState;
  /** Whether the channel has ever delivered a snapshot of the work pool. */
  readonly hasSnapshot: boolean;
  /**
   * The number of applied snapshots. A REST answer is stale if this grew while the answer was in
   * flight.
   */
  readonly snapshots: number;
}

/** The view and its mutators. */
export class ChannelStatus implements ChannelView {
  #state: ChannelState = 'connecting';
  #snapshots = 0;

  get state(): ChannelState {
    return this.#state;
  }

  get hasSnapshot(): boolean {
    return this.#snapshots > 0;
  }

  get snapshots(): number {
    return this.#snapshots;
  }

  become(state: ChannelState): void {
    this.#state = state;
  }

  noteSnapshot(): void {
    this.#snapshots += 1;
  }
}
