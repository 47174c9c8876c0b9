import type { AwsCredentials } from '../../core/job/aws-credentials.ts';
import type { EcsJob } from '../../core/job/ecs-job.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { loggingOf } from '../output/container-output.ts';
import type { AwsSession } from '../ports/aws.ts';
import { HeldBackError } from '../shared/gate.ts';
import type { HeldKey } from '../shared/held-key.ts';
import {
  prepare,
  type Preparation,
  type Prepared,
  type PreparePorts,
  type Preparing,
} from './prepare.ts';

/** The facts of a prepared run that are needed until its end. */
export interface LaunchFacts {
  readonly session: AwsSession;
  readonly credentials: AwsCredentials;
  /** The cluster of its tasks: RunTask's, or the default cluster. */
  readonly cluster: string;
  /** The cluster that its job names; undefined: none. */
  readonly jobCluster: string | undefined;
  readonly containerName: string;
  /** The part of its definition that shows where container output goes. */
  readonly logging: JsonObject;
  readonly deregisters: boolean;
  readonly isStreamed: boolean;
  readonly startTimeoutSeconds: EcsJob['taskStartTimeoutSeconds'];
  readonly pollIntervalSeconds: number;
}

/**
 * A prepared run. It forgets its plan when its task runs, because no launch follows then and the
 * plans of ten thousand tasks would be most of the worker's memory. So a caller that waits must
 * hold this object and never the plan itself.
 */
export class PreparedRun {
  readonly facts: LaunchFacts;
  #prepared: Prepared | undefined;

  constructor(prepared: Prepared) {
    this.#prepared = prepared;
    this.facts = factsOf(prepared);
  }

  /** Asks the plan, which must still be there. The answer must not be the plan. */
  ask<T>(question: (prepared: Prepared) => T): T {
    if (this.#prepared === undefined)
      throw new Error("cannot launch: this run's task is already running");
    return question(this.#prepared);
  }

  forgetPlan(): void {
    this.#prepared = undefined;
  }
}

export type RunPreparation =
  | { readonly kind: 'ready'; readonly prepared: PreparedRun }
  /** Not its own fault: nothing is wrong with the run. */
  | { readonly kind: 'held-back'; readonly held: HeldKey; readonly reason: string }
  | Exclude<Preparation, { readonly kind: 'ready' }>;

/** Like `prepare`, for a run that is to be followed. */
export async function prepareRun(
  preparing: Preparing,
  ports: PreparePorts,
  signal: AbortSignal,
): Promise<RunPreparation> {
  try {
    return withoutPlan(await prepare(preparing, ports, signal));
  } catch (error) {
    if (!(error instanceof HeldBackError)) throw error;
    return { kind: 'held-back', held: error.held, reason: error.message };
  }
}

function withoutPlan(preparation: Preparation): RunPreparation {
  if (preparation.kind !== 'ready') return preparation;
  return { kind: 'ready', prepared: new PreparedRun(preparation.prepared) };
}

function factsOf({ job, plan, session }: Prepared): LaunchFacts {
  return {
    session,
    credentials: job.awsCredentials,
    cluster: plan.cluster ?? 'default',
    jobCluster: job.cluster,
    containerName: plan.containerName,
    logging: loggingOf(plan.definition.document, plan.containerName),
    deregisters: job.autoDeregisterTaskDefinition,
    isStreamed: job.streamOutput,
    startTimeoutSeconds: job.taskStartTimeoutSeconds,
    pollIntervalSeconds: job.taskWatchPollIntervalSeconds,
  };
}
