import type { Clock } from '../kernel/clock.ts';
import type { WorkPool } from '../core/prefect/work-pool.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Random } from '../kernel/random.ts';
import type { PrefectApi } from '../run/ports/prefect-api.ts';
import type { Aws } from '../run/ports/aws.ts';
import type { PrefectDenials } from './prefect-denials.ts';
import type { Readiness } from './readiness.ts';
import type { RunPorts } from '../run/run-context.ts';
import type { RunSettings } from '../run/ports/run-settings.ts';
import type { PrefectEvent } from '../core/prefect/event.ts';
import type { FlowRun } from '../core/prefect/flow-run.ts';
import type { EventQueues } from '../supervise/queue/event-queue.ts';
import type { SecretHolder } from '../run/ports/conceal.ts';
import type { CleanupDelivery, CleanupAnswer } from '../run/adopt/cleanup-delivery.ts';

/** How the worker was started. */
export interface WorkerOptions {
  readonly name: string;
  readonly workPoolName: string;
  /** Empty: all queues. */
  readonly workQueueNames: readonly string[];
  /** Bounds the running tasks, not only the submissions. Undefined: no bound. */
  readonly limit: number | undefined;
  readonly createPoolIfNotFound: boolean;
  /** Template for a pool that this worker creates; undefined: the built-in one. */
  readonly baseJobTemplate: JsonObject | undefined;
  readonly heartbeatSeconds: number;
  readonly querySeconds: number;
  readonly prefetchSeconds: number;
  readonly enableCancellation: boolean;
  readonly cancellationPollSeconds: number;
  /** Poll once, wait for those runs to finish, then exit. */
  readonly runOnce: boolean;
}

/** What a worker needs from outside. */
export interface WorkerPorts {
  readonly prefect: PrefectApi;
  readonly aws: Aws;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** `prefect`: only to the run's log in Prefect, for lines that are already on the console. */
  readonly logFor: (flowRun: FlowRun, logger?: string, to?: 'everywhere' | 'prefect') => Logger;
  readonly showOutput: RunPorts['showOutput'];
  readonly runSettings: () => RunSettings;
  readonly prefectVersion: string;
  readonly sockets: WorkerSockets;
  readonly readiness: Readiness;
  readonly denials: PrefectDenials;
  /** Sends an event to Prefect or counts it as lost; never waits. */
  readonly emit: (event: PrefectEvent) => void;
  /** Makes secrets of runs known to every exit. */
  readonly secrets: SecretHolder;
  /** Undefined: the observer of task events is off. */
  readonly taskEvents: TaskEventSource | undefined;
}

/** Where task events come from. */
export interface TaskEventSource {
  readonly queues: EventQueues;
}

/** How the server pushes news to the worker. Never rejects: REST delivers the same, later. */
export interface WorkerSockets {
  /** The worker channel as it is now. `snapshots` counts the pool snapshots it has delivered. */
  readonly channel: () => {
    readonly isHealthy: boolean;
    readonly hasSnapshot: boolean;
    readonly snapshots: number;
  };
  readonly isToldOfCancelling: () => boolean;
  runChannel(
    ears: {
      readonly onSnapshot: (workPool: WorkPool) => void;
      readonly onWorkerId: (workerId: string) => void;
      readonly handleCleanup: (
        request: CleanupDelivery,
        signal: AbortSignal,
      ) => Promise<CleanupAnswer>;
      readonly heartbeats: {
        around(send: () => void, signal: AbortSignal): Promise<void>;
        unseen(): void;
      };
    },
    signal: AbortSignal,
  ): Promise<void>;
  watchCancelling(
    workPoolId: string,
    onCancelling: (flowRunId: string) => void,
    signal: AbortSignal,
  ): Promise<void>;
}
