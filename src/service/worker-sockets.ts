import { defaultBaseJobTemplate } from '../core/prefect/base-job-template.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Random } from '../kernel/random.ts';
import { CancellingStatus, subscribeToCancelling } from '../prefect/events/cancelling-events.ts';
import { ChannelStatus } from '../prefect/channel/channel-state.ts';
import type { SocketServer } from '../prefect/socket/handshake.ts';
import { socketHeaders } from '../prefect/socket/socket-headers.ts';
import type { OpenSocket } from '../prefect/socket/socket.ts';
import { cancellingTimeoutTeardown, runWorkerChannel } from '../prefect/channel/worker-channel.ts';
import { wsOpener } from '../prefect/socket/ws-socket.ts';
import type { Settings } from '../settings/settings.ts';
import type { WorkerOptions, WorkerSockets } from '../worker/worker-ports.ts';
import { prefectVersion } from './prefect-connection.ts';

export interface SocketParts {
  readonly options: WorkerOptions;
  readonly connection: SocketConnection;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
}

/** How sockets to the Prefect server are opened, and with which credentials. */
export interface SocketConnection {
  readonly openSocket: OpenSocket;
  readonly server: SocketServer;
}

/** `openSocket`: set by simulations. Otherwise real WebSockets. */
export function socketConnection(
  { api, client, proxies }: Settings,
  clock: Clock,
  openSocket: OpenSocket | undefined,
): SocketConnection {
  const options = {
    tlsInsecureSkipVerify: api.tlsInsecureSkipVerify,
    sslCertFile: api.sslCertFile,
    usesProxy: proxies.configured,
  };
  return {
    openSocket: openSocket ?? wsOpener(options, clock),
    server: {
      apiUrl: api.url ?? '',
      headers: socketHeaders(prefectVersion, client.customHeaders),
      apiKey: api.key,
      authString: api.authString,
    },
  };
}

/** The worker channel and the cancellation events, as a worker's ports. */
export function workerSockets(parts: SocketParts): WorkerSockets {
  const { options, log, clock, random } = parts;
  const { openSocket, server } = parts.connection;
  const channel = new ChannelStatus();
  const cancelling = new CancellingStatus();
  return {
    channel: () => ({
      isHealthy: channel.state === 'healthy',
      hasSnapshot: channel.hasSnapshot,
      snapshots: channel.snapshots,
    }),
    isToldOfCancelling: () => cancelling.isConnected,
    runChannel: (ears, signal) =>
      runWorkerChannel(
        {
          server,
          workPoolName: options.workPoolName,
          workerName: options.name,
          workerType: 'ecs',
          heartbeatSeconds: Math.max(1, Math.trunc(options.heartbeatSeconds)),
          workQueueNames: options.workQueueNames,
          createPoolIfNotFound: options.createPoolIfNotFound,
          baseJobTemplate: options.baseJobTemplate ?? defaultBaseJobTemplate,
          workerMetadata: undefined,
          cleanupKinds: options.enableCancellation ? [cancellingTimeoutTeardown] : [],
        },
        { openSocket, clock, random, log, status: channel, ...ears },
        signal,
      ),
    watchCancelling: (workPoolId, onCancelling, signal) =>
      subscribeToCancelling(
        { server, workPoolId },
        { openSocket, clock, random, log, status: cancelling },
        onCancelling,
        signal,
      ),
  };
}
