import type { Clock } from '../kernel/clock.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Random } from '../kernel/random.ts';
import type { Aws, PrefectApi } from '../run/ports.ts';
import type { RunSettings } from '../run/run-ports.ts';
import type { FlowRun } from '../core/prefect/flow-run.ts';

/** How a worker was asked to work. */
export interface WorkerOptions {
  readonly name: string;
  readonly workPoolName: string;
  /** Empty: all queues. */
  readonly workQueueNames: readonly string[];
  /** Bounds the tasks that run, not only the submissions. Undefined: no bound. */
  readonly limit: number | undefined;
  readonly createPoolIfNotFound: boolean;
  /** Template for a pool that this worker creates; undefined: the built-in one. */
  readonly baseJobTemplate: JsonObject | undefined;
  readonly heartbeatSeconds: number;
  readonly querySeconds: number;
  readonly prefetchSeconds: number;
  readonly enableCancellation: boolean;
  readonly cancellationPollSeconds: number;
  /** One poll, then wait for what it brought. */
  readonly runOnce: boolean;
}

/** What a worker needs from outside. */
export interface WorkerPorts {
  readonly prefect: PrefectApi;
  readonly aws: Aws;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly logFor: (flowRun: FlowRun, logger?: string) => Logger;
  readonly runSettings: () => RunSettings;
  readonly prefectVersion: string;
}

/** A worker's two-step end (design.md decision 10). */
export interface WorkerLife {
  readonly drain: AbortSignal;
  readonly stop: AbortSignal;
}
