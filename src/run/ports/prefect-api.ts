import type {
  FlowRunFilter,
  FlowRunsAnswer,
  HeartbeatAnswer,
  RunLogEntry,
  ScheduledPage,
  ScheduledQuery,
  VariableAnswer,
} from '../../core/prefect/api-facts.ts';
import type { BlockDocument } from '../../core/prefect/block-document.ts';
import type { Deployment } from '../../core/prefect/deployment.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import type { FlowRunHead } from '../../core/prefect/flow-run-head.ts';
import type { Flow } from '../../core/prefect/flow.ts';
import type { ProposalAnswer, StateProposal } from '../../core/prefect/proposal.ts';
import type { State } from '../../core/prefect/state.ts';
import type { WorkPool } from '../../core/prefect/work-pool.ts';
import type { WorkerRecord } from '../../core/prefect/worker-record.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { RemoteClock } from '../../kernel/remote-clock.ts';

/** How long one call may retry. Defaults are Prefect's own retry rules (prefect-api.md 1.5). */
export interface CallPatience {
  /** No retry begins later than this after the first attempt. */
  readonly retryWithinMs?: number;
  /** `false`: one attempt. */
  readonly retry?: boolean;
}

/**
 * The calls that the worker makes to a Prefect API. Absent objects are `undefined`; any other
 * unsuccessful answer is thrown.
 */
export interface PrefectApi {
  /** Computes the age of Prefect's timestamps by Prefect's own clock. */
  readonly server: Pick<RemoteClock, 'now' | 'ageMs'>;
  readWorkPool(name: string, signal: AbortSignal): Promise<WorkPool | undefined>;
  /** `already-exists`: another worker created it first; read it again. */
  createWorkPool(
    pool: {
      readonly name: string;
      readonly type: string;
      readonly baseJobTemplate: JsonObject | undefined;
    },
    signal: AbortSignal,
  ): Promise<WorkPool | 'already-exists'>;
  updateWorkPool(name: string, changes: JsonObject, signal: AbortSignal): Promise<void>;
  sendHeartbeat(
    heartbeat: {
      readonly workPoolName: string;
      readonly workerName: string;
      readonly intervalSeconds: number;
    },
    signal: AbortSignal,
  ): Promise<HeartbeatAnswer>;
  /** At most 200, newest heartbeat first. Not retried: the next reading follows soon anyway. */
  readWorkers(
    workPoolName: string,
    offset: number,
    signal: AbortSignal,
  ): Promise<readonly WorkerRecord[]>;
  deleteWorker(workPoolName: string, workerName: string, signal: AbortSignal): Promise<void>;
  readScheduledFlowRuns(
    query: ScheduledQuery,
    signal: AbortSignal,
  ): Promise<ScheduledPage<FlowRun>>;
  /** All queues of the pool, by priority. */
  readWorkQueueNames(workPoolName: string, signal: AbortSignal): Promise<readonly string[]>;
  readFlowRun(id: string, signal: AbortSignal): Promise<FlowRun | undefined>;
  /** At most 200, complete documents. */
  filterFlowRuns(filter: FlowRunFilter, signal: AbortSignal): Promise<FlowRunsAnswer>;
  /**
   * Reads all pages one by one and passes on only the head of each run: thousands of complete
   * documents at once would be most of the worker's memory. Runs that end between two pages cause
   * no gaps.
   */
  listFlowRuns(
    filter: FlowRunFilter,
    onHead: (head: FlowRunHead) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Oldest first. */
  readStateHistory(flowRunId: string, signal: AbortSignal): Promise<readonly State[]>;
  proposeState(
    flowRunId: string,
    proposal: StateProposal,
    signal: AbortSignal,
    patience?: CallPatience,
  ): Promise<ProposalAnswer>;
  updateLabels(
    flowRunId: string,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void>;
  updateInfrastructurePid(
    flowRunId: string,
    infrastructurePid: string,
    signal: AbortSignal,
  ): Promise<void>;
  /** `lost`: the server took the lease away (410). */
  renewConcurrencyLease(
    leaseId: string,
    durationSeconds: number,
    signal: AbortSignal,
  ): Promise<'renewed' | 'lost'>;
  readDeployment(id: string, signal: AbortSignal): Promise<Deployment | undefined>;
  readDeploymentByName(
    flowName: string,
    deploymentName: string,
    signal: AbortSignal,
  ): Promise<Deployment | undefined>;
  readFlow(id: string, signal: AbortSignal): Promise<Flow | undefined>;
  readBlockDocument(id: string, signal: AbortSignal): Promise<BlockDocument | undefined>;
  readBlockDocumentByName(
    typeSlug: string,
    name: string,
    signal: AbortSignal,
  ): Promise<BlockDocument | undefined>;
  readVariable(name: string, signal: AbortSignal): Promise<VariableAnswer>;
  writeLogs(entries: readonly RunLogEntry[], signal: AbortSignal): Promise<void>;
}
