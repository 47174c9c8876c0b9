import type { KnownSecret } from '../../kernel/redaction/known-secret.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { AwsCredentials } from './aws-credentials.ts';
import type { Origins } from './origins.ts';

/**
 * The job of one flow run, resolved, validated and prepared (worker.md 1.4, 1.5, 3). Frozen.
 * Absent means "not set"; `taskDefinition` and `taskRunRequest` are the user's documents with
 * placeholders filled in, otherwise untouched.
 */
export interface EcsJob {
  readonly flowRunId: string;
  readonly flowId: string;
  readonly deploymentId: string | undefined;
  readonly workPoolName: string;
  /** Rendered infrastructure name. */
  readonly name: string;
  readonly command: string | undefined;
  /** What goes on the override of the Prefect container, in order; no nulls. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Names that the configuration sets to null: removed from definition and request, which is how a
   * template's variable is unset (worker.md 4.6, 7 rule 18).
   */
  readonly unsetEnv: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly awsCredentials: AwsCredentials;
  readonly taskDefinition: JsonObject;
  readonly taskRunRequest: JsonObject;
  readonly configureCloudwatchLogs: boolean;
  readonly cloudwatchLogsOptions: Readonly<Record<string, string>>;
  readonly cloudwatchLogsPrefix: string | undefined;
  readonly networkConfiguration: JsonObject;
  readonly streamOutput: boolean;
  /** Undefined: no timeout (worker.md 0.3). */
  readonly taskStartTimeoutSeconds: number | undefined;
  readonly taskWatchPollIntervalSeconds: number;
  readonly autoDeregisterTaskDefinition: boolean;
  /**
   * Asked for by the user; here it is always so. It only decides how loudly a failed look-up is
   * told.
   */
  readonly matchLatestRevisionInFamily: boolean;
  readonly vpcId: string | undefined;
  readonly containerName: string | undefined;
  /**
   * Position in `taskDefinition` of the container that the pool's variables speak of, be it empty.
   */
  readonly spokenContainerAt: number | undefined;
  readonly cluster: string | undefined;
  readonly prefectApiKeySecretArn: string | undefined;
  readonly prefectApiAuthStringSecretArn: string | undefined;
  readonly executionRoleArn: string | undefined;
  /** Image of a Prefect container that names none (worker.md 4.5). */
  readonly defaultImage: string;
  readonly tagBlanks: TagBlanks;
  /** Of each value in the job configuration, e.g. at `['task_definition', 'cpu']`. */
  readonly origins: Origins;
  /**
   * The same before blocks and variables were put in: who named each value, whatever came of it.
   */
  readonly namedBy: Origins;
  /** Whether the AWS credentials are those of an AwsCredentials block, as it was saved. */
  readonly credentialsAreSaved: boolean;
  /** What no log, error or page may show. */
  readonly secrets: readonly KnownSecret[];
  /** What of it the pool did not name. */
  readonly chosenByRun: ChosenByRun;
  /**
   * Names of the placeholders in the pool's `task_definition` template, in order of first
   * appearance: a linked definition makes them useless, and a warning names them (worker.md 4).
   */
  readonly taskDefinitionPlaceholders: readonly string[];
  /** Warnings met while resolving; logged once by whoever runs the job. */
  readonly warnings: readonly JobWarning[];
  /** What of the author's words does nothing, beside job variables; told once a deployment. */
  readonly notices: readonly string[];
}

/**
 * What becomes of blanks in the values of tags: AWS takes them; the Python worker makes dashes of
 * them.
 */
export type TagBlanks = 'keep' | 'dash';

/** What of a run's place in AWS the run itself or its deployment named, and not the pool. */
export interface ChosenByRun {
  readonly credentials: boolean;
  readonly cluster: boolean;
  readonly definition: boolean;
  /** ARNs. */
  readonly roles: readonly string[];
}

/**
 * A line for the log: `logger` is Prefect's logger name, `prefect.flow_runs.worker` unless the
 * contract says other.
 */
export interface JobWarning {
  readonly logger: string;
  readonly level: 'debug' | 'info' | 'warning' | 'error';
  readonly message: string;
}
