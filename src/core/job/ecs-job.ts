import type { KnownSecret } from '../../kernel/redaction/known-secret.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { AwsCredentials } from './aws-credentials.ts';
import type { Origins } from './origins.ts';

/**
 * The resolved, validated and prepared job of one flow run (worker.md 1.4, 1.5, 3). Frozen. Absent
 * means "not set". `taskDefinition` and `taskRunRequest` are the user's documents, changed only by
 * filling in placeholders.
 */
export interface EcsJob {
  readonly flowRunId: string;
  readonly flowId: string;
  readonly deploymentId: string | undefined;
  readonly workPoolName: string;
  /** Rendered infrastructure name. */
  readonly name: string;
  readonly command: string | undefined;
  /** Variables for the override of the Prefect container, in order, without nulls. */
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
  /** This worker always does this. The setting only decides the log level of a failed look-up. */
  readonly matchLatestRevisionInFamily: boolean;
  readonly vpcId: string | undefined;
  readonly containerName: string | undefined;
  /** Index in `taskDefinition` of the container that the pool's variables fill, even if empty. */
  readonly spokenContainerAt: number | undefined;
  readonly cluster: string | undefined;
  readonly prefectApiKeySecretArn: string | undefined;
  readonly prefectApiAuthStringSecretArn: string | undefined;
  readonly executionRoleArn: string | undefined;
  /** Image of a Prefect container that names none (worker.md 4.5). */
  readonly defaultImage: string;
  readonly tagBlanks: TagBlanks;
  /** The origin of each value in the job configuration, e.g. at `['task_definition', 'cpu']`. */
  readonly origins: Origins;
  /** The origins from before blocks and variables were resolved: who named each value. */
  readonly namedBy: Origins;
  /** Whether the AWS credentials are a whole saved AwsCredentials block. */
  readonly credentialsAreSaved: boolean;
  /** Must not appear in any log, error or page. */
  readonly secrets: readonly KnownSecret[];
  /** The AWS resources that the run or its deployment chose. */
  readonly chosenByRun: ChosenByRun;
  /**
   * Names of the placeholders in the pool's `task_definition` template, in order of first
   * appearance: a linked definition makes them useless, and a warning names them (worker.md 4).
   */
  readonly taskDefinitionPlaceholders: readonly string[];
  /** Warnings from resolving the job, to be logged once for each run. */
  readonly warnings: readonly JobWarning[];
  /** Input without effect, except job variables; reported once for each deployment. */
  readonly notices: readonly string[];
}

/** Blanks in tag values: AWS accepts them; the Python worker replaces them with dashes. */
export type TagBlanks = 'keep' | 'dash';

/** The AWS resources that the run or its deployment chose, rather than the pool. */
export interface ChosenByRun {
  readonly credentials: boolean;
  readonly cluster: boolean;
  readonly definition: boolean;
  /** ARNs. */
  readonly roles: readonly string[];
}

/** A log line. `logger` is Prefect's name for it, usually `prefect.flow_runs.worker`. */
export interface JobWarning {
  readonly logger: string;
  readonly level: 'debug' | 'info' | 'warning' | 'error';
  readonly message: string;
}
