import type { Deployment } from '../prefect/deployment.ts';
import type { FlowRun } from '../prefect/flow-run.ts';
import type { Flow } from '../prefect/flow.ts';
import type { WorkPool } from '../prefect/work-pool.ts';
import type { TagBlanks } from './ecs-job.ts';

/** The worker that prepares the job, with its values that become part of the job. */
export interface JobWorker {
  readonly name: string;
  /** Known on Prefect Cloud only. */
  readonly id: string | undefined;
  readonly prefectVersion: string;
  /**
   * The worker's Prefect settings for the container, under canonical names (prefect-api.md 5.2).
   */
  readonly passedOnSettings: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Undefined: the deployment's Prefect version decides. */
  readonly defaultImage: string | undefined;
  readonly tagBlanks: TagBlanks;
}

export interface JobInputs {
  readonly workPool: WorkPool;
  readonly deployment: Deployment | undefined;
  readonly flow: Flow;
  readonly flowRun: FlowRun;
  readonly worker: JobWorker;
}
