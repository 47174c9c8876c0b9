import type { State } from './state.ts';
import type { Timestamp } from './timestamps.ts';

/**
 * The server's records, in the shape of its answers: only computed members differ. Rows are
 * replaced, never changed, so that stale reads can return an old one.
 */
export interface Row {
  readonly id: string;
  readonly created: Timestamp;
  readonly updated: Timestamp;
}

/** As requested; null for the pool's default queue. Stays when the queue is deleted. */
type QueueName = string | null;

export type Labels = Readonly<Record<string, unknown>>;
type Document = Readonly<Record<string, unknown>>;

export interface StorageConfiguration {
  readonly bundle_upload_step: Document | null;
  readonly bundle_execution_step: Document | null;
  readonly default_result_storage_block_id: string | null;
}

export type ReadyStatus = 'READY' | 'NOT_READY' | 'PAUSED';

export interface WorkPool extends Row {
  readonly name: string;
  readonly description: string | null;
  readonly type: string;
  readonly base_job_template: Document;
  readonly is_paused: boolean;
  readonly concurrency_limit: number | null;
  readonly status: ReadyStatus | null;
  readonly default_queue_id: string;
  readonly storage_configuration: StorageConfiguration;
}

export interface WorkQueue extends Row {
  readonly name: string;
  readonly description: string | null;
  readonly is_paused: boolean;
  readonly concurrency_limit: number | null;
  readonly priority: number;
  readonly work_pool_id: string;
  readonly filter: unknown;
  readonly last_polled: Timestamp | null;
  readonly status: ReadyStatus;
}

export interface Worker extends Row {
  readonly name: string;
  readonly work_pool_id: string;
  readonly last_heartbeat_time: Timestamp;
  readonly heartbeat_interval_seconds: number | null;
  readonly status: 'ONLINE' | 'OFFLINE';
}

export interface Flow extends Row {
  readonly name: string;
  readonly tags: readonly string[];
  readonly labels: Labels;
}

export interface ConcurrencyOptions {
  readonly collision_strategy: 'ENQUEUE' | 'CANCEL_NEW';
  readonly grace_period_seconds: number | null;
}

export interface DeploymentSchedule extends Row {
  readonly deployment_id: string;
  readonly schedule: unknown;
  readonly active: boolean;
  readonly max_scheduled_runs: number | null;
  readonly parameters: Document;
  readonly slug: string | null;
}

export interface Deployment extends Row {
  readonly name: string;
  readonly version: string | null;
  readonly description: string | null;
  readonly flow_id: string;
  readonly paused: boolean;
  readonly schedules: readonly DeploymentSchedule[];
  readonly concurrency_limit_id: string | null;
  readonly concurrency_options: ConcurrencyOptions | null;
  readonly job_variables: Document;
  readonly parameters: Document;
  readonly tags: readonly string[];
  readonly labels: Labels;
  readonly work_queue_id: string | null;
  readonly work_queue_name: QueueName;
  readonly last_polled: Timestamp | null;
  readonly parameter_openapi_schema: Document | null;
  readonly path: string | null;
  readonly pull_steps: readonly Document[];
  readonly entrypoint: string | null;
  readonly storage_document_id: string | null;
  readonly infrastructure_document_id: string | null;
  readonly status: 'READY' | 'NOT_READY';
  readonly enforce_parameter_schema: boolean;
}

export interface FlowRunPolicy {
  readonly max_retries: number;
  readonly retry_delay_seconds: number;
  readonly retries: number | null;
  readonly retry_delay: number | null;
  readonly pause_keys: readonly string[];
  readonly resuming: boolean | null;
  readonly retry_type: 'in_process' | 'reschedule' | null;
}

export interface Timing {
  readonly run_count: number;
  readonly expected_start_time: Timestamp | null;
  readonly next_scheduled_start_time: Timestamp | null;
  readonly start_time: Timestamp | null;
  readonly end_time: Timestamp | null;
  /** Seconds. */
  readonly total_run_time: number;
}

export interface FlowRun extends Row, Timing {
  readonly name: string;
  readonly flow_id: string;
  readonly deployment_id: string | null;
  readonly deployment_version: string | null;
  readonly work_queue_id: string | null;
  readonly work_queue_name: QueueName;
  readonly flow_version: string | null;
  readonly parameters: Document;
  readonly idempotency_key: string | null;
  readonly context: Document;
  readonly empirical_policy: FlowRunPolicy;
  readonly tags: readonly string[];
  readonly labels: Labels;
  readonly parent_task_run_id: string | null;
  readonly auto_scheduled: boolean;
  readonly infrastructure_document_id: string | null;
  readonly infrastructure_pid: string | null;
  readonly job_variables: Document | null;
  readonly state: State;
}

export interface TaskRun extends Row, Timing {
  readonly name: string;
  readonly flow_run_id: string | null;
  readonly task_key: string;
  readonly dynamic_key: string;
  readonly cache_key: string | null;
  readonly cache_expiration: Timestamp | null;
  readonly task_version: string | null;
  readonly empirical_policy: Document;
  readonly tags: readonly string[];
  readonly labels: Labels;
  readonly task_inputs: Document;
  readonly flow_run_run_count: number;
  readonly state: State | null;
}

export interface FlowRunInput extends Row {
  readonly flow_run_id: string;
  readonly key: string;
  readonly value: string;
  readonly sender: string | null;
}

export interface Log extends Row {
  readonly name: string;
  readonly level: number;
  readonly message: string;
  readonly timestamp: Timestamp;
  readonly flow_run_id: string | null;
  readonly task_run_id: string | null;
}

export interface Variable extends Row {
  readonly name: string;
  readonly value: unknown;
  readonly tags: readonly string[];
}

export interface BlockType extends Row {
  readonly name: string;
  readonly slug: string;
  readonly logo_url: string | null;
  readonly documentation_url: string | null;
  readonly description: string | null;
  readonly code_example: string | null;
  readonly is_protected: boolean;
}

export interface BlockSchema extends Row {
  readonly checksum: string;
  readonly fields: Document;
  readonly block_type_id: string;
  readonly capabilities: readonly string[];
  readonly version: string;
}

export interface BlockDocument extends Row {
  readonly name: string | null;
  /** Without references to other documents. */
  readonly data: Document;
  readonly references: Readonly<Record<string, string>>;
  readonly block_schema_id: string;
  readonly block_type_id: string;
  readonly is_anonymous: boolean;
}
