import { z } from 'zod';
import { recordsPerPage } from '../../core/prefect/page.ts';
import { PrefectApiError } from '../../core/prefect/api-error.ts';
import type {
  FlowRunFilter,
  HeartbeatAnswer,
  RunLogEntry,
  ScheduledQuery,
  VariableAnswer,
} from '../../core/prefect/api-facts.ts';
import { BlockDocument } from '../../core/prefect/block-document.ts';
import { Deployment } from '../../core/prefect/deployment.ts';
import { FlowRun } from '../../core/prefect/flow-run.ts';
import type { FlowRunHead } from '../../core/prefect/flow-run-head.ts';
import { Flow } from '../../core/prefect/flow.ts';
import { JsonValue } from '../../core/prefect/json.ts';
import type { ProposalAnswer, StateProposal } from '../../core/prefect/proposal.ts';
import { State } from '../../core/prefect/state.ts';
import { WorkPool } from '../../core/prefect/work-pool.ts';
import { WorkerRecord } from '../../core/prefect/worker-record.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { Logger } from '../../kernel/logger.ts';
import { FlowRunPages } from './flow-run-pages.ts';
import type { PrefectHttp, PrefectRequest } from './http.ts';
import { OddRecords } from './odd-records.ts';
import { logBody } from './log-body.ts';
import { missing, unless404, unlessNotFound } from './unless-missing.ts';
import { idOf, readAs, readList, type Answered } from './reading.ts';
import { ScheduledRuns } from './scheduled-runs.ts';
import { proposalAnswer, proposalBody } from './states.ts';

export interface PrefectApiOptions {
  readonly http: PrefectHttp;
  readonly isCloud: boolean;
  /** On Prefect Cloud, known after the first heartbeat was answered. */
  readonly workerId: () => string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The calls of Prefect's REST API that a worker needs (prefect-api.md 2, 9). A missing record is
 * `undefined`, never an error.
 */
export function prefectApi({ http, isCloud, workerId, clock, log }: PrefectApiOptions) {
  const send = async (request: PrefectRequest, signal: AbortSignal): Promise<Answered> => ({
    ...(await http.send(request, signal)),
    request,
  });
  const find = async <T>(
    path: string,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T | undefined> => {
    const answered = await unless404(send({ method: 'GET', path }, signal));
    return answered === missing ? undefined : readAs(schema, answered);
  };
  /**
   * Reads an object that a run names. Only a 404 in Prefect's own words means that it does not
   * exist.
   */
  const findNamed = async <T>(
    path: string,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T | undefined> => {
    const answered = await unlessNotFound(send({ method: 'GET', path }, signal));
    return answered === missing ? undefined : readAs(schema, answered);
  };
  const readStateHistory = async (
    flowRunId: string,
    signal: AbortSignal,
  ): Promise<readonly State[]> => {
    const path = `/flow_run_states/?flow_run_id=${encoded(flowRunId)}`;
    return readAs(z.array(State), await send({ method: 'GET', path }, signal));
  };
  const odd = new OddRecords(clock, log);
  const pages = new FlowRunPages(http, odd);
  const scheduled = new ScheduledRuns({ http, odd, readStateHistory });
  return {
    server: http.server,

    readWorkPool: (name: string, signal: AbortSignal) =>
      find(`/work_pools/${encoded(name)}`, WorkPool, signal),

    createWorkPool: async (
      pool: {
        readonly name: string;
        readonly type: string;
        readonly baseJobTemplate: JsonObject | undefined;
      },
      signal: AbortSignal,
    ): Promise<WorkPool | 'already-exists'> => {
      const template =
        pool.baseJobTemplate === undefined ? {} : { base_job_template: pool.baseJobTemplate };
      try {
        const body = { name: pool.name, type: pool.type, ...template };
        return readAs(WorkPool, await send({ method: 'POST', path: '/work_pools/', body }, signal));
      } catch (error) {
        if (error instanceof PrefectApiError && error.status === 409) return 'already-exists';
        throw error;
      }
    },

    updateWorkPool: async (
      name: string,
      changes: JsonObject,
      signal: AbortSignal,
    ): Promise<void> => {
      await send({ method: 'PATCH', path: `/work_pools/${encoded(name)}`, body: changes }, signal);
    },

    sendHeartbeat: async (
      heartbeat: {
        readonly workPoolName: string;
        readonly workerName: string;
        readonly intervalSeconds: number;
      },
      signal: AbortSignal,
    ): Promise<HeartbeatAnswer> => {
      const { body, attempts } = await http.send(
        {
          method: 'POST',
          path: `/work_pools/${encoded(heartbeat.workPoolName)}/workers/heartbeat`,
          body: {
            name: heartbeat.workerName,
            heartbeat_interval_seconds: heartbeat.intervalSeconds,
            ...(isCloud && workerId() === undefined && { return_id: true }),
          },
        },
        signal,
      );
      const told = typeof body === 'string' && body !== '' ? body.replaceAll('"', '') : undefined;
      return { workerId: told, isFirstAttempt: attempts === 1 };
    },

    readWorkers: async (
      workPoolName: string,
      offset: number,
      signal: AbortSignal,
    ): Promise<readonly WorkerRecord[]> => {
      const path = `/work_pools/${encoded(workPoolName)}/workers/filter`;
      const body = { limit: recordsPerPage, offset };
      const answered = await send({ method: 'POST', path, body, retry: false }, signal);
      return readList(WorkerRecord, answered, (record, words) =>
        odd.tell(`The worker '${idOf(record) ?? 'without id'}'`, words),
      );
    },

    deleteWorker: async (
      workPoolName: string,
      workerName: string,
      signal: AbortSignal,
    ): Promise<void> => {
      const path = `/work_pools/${encoded(workPoolName)}/workers/${encoded(workerName)}`;
      await unless404(send({ method: 'DELETE', path, retry: false }, signal));
    },

    readScheduledFlowRuns: (query: ScheduledQuery, signal: AbortSignal) =>
      scheduled.read(query, signal),

    readWorkQueueNames: async (
      workPoolName: string,
      signal: AbortSignal,
    ): Promise<readonly string[]> => {
      const names = new Set<string>();
      const path = `/work_pools/${encoded(workPoolName)}/queues/filter`;
      for (let offset = 0; ; offset += recordsPerPage) {
        const body = { limit: recordsPerPage, offset };
        const page = readAs(Queues, await send({ method: 'POST', path, body }, signal));
        const known = names.size;
        for (const { name } of page) names.add(name);
        if (page.length < recordsPerPage || names.size === known) return [...names];
      }
    },

    readFlowRun: (id: string, signal: AbortSignal) =>
      find(`/flow_runs/${encoded(id)}`, FlowRun, signal),

    filterFlowRuns: (filter: FlowRunFilter, signal: AbortSignal) => pages.read(filter, signal),

    listFlowRuns: (
      filter: FlowRunFilter,
      onHead: (head: FlowRunHead) => void,
      signal: AbortSignal,
    ) => pages.list(filter, onHead, signal),

    readStateHistory,

    proposeState: async (
      flowRunId: string,
      proposal: StateProposal,
      signal: AbortSignal,
      patience: { readonly retryWithinMs?: number; readonly retry?: boolean } = {},
    ): Promise<ProposalAnswer> => {
      const path = `/flow_runs/${encoded(flowRunId)}/set_state`;
      const body = proposalBody(flowRunId, proposal);
      const answer = await unless404(send({ method: 'POST', path, body, ...patience }, signal));
      return answer === missing ? { kind: 'not-found' } : proposalAnswer(answer, http.waits);
    },

    updateLabels: async (
      flowRunId: string,
      labels: Readonly<Record<string, string>>,
      signal: AbortSignal,
    ): Promise<void> => {
      await send(
        { method: 'PATCH', path: `/flow_runs/${encoded(flowRunId)}/labels`, body: labels },
        signal,
      );
    },

    updateInfrastructurePid: async (
      flowRunId: string,
      infrastructurePid: string,
      signal: AbortSignal,
    ): Promise<void> => {
      const body = { infrastructure_pid: infrastructurePid };
      await send({ method: 'PATCH', path: `/flow_runs/${encoded(flowRunId)}`, body }, signal);
    },

    renewConcurrencyLease: async (
      leaseId: string,
      durationSeconds: number,
      signal: AbortSignal,
    ): Promise<'renewed' | 'lost'> => {
      const path = `/v2/concurrency_limits/leases/${encoded(leaseId)}/renew`;
      try {
        await send({ method: 'POST', path, body: { lease_duration: durationSeconds } }, signal);
        return 'renewed';
      } catch (error) {
        if (error instanceof PrefectApiError && (error.status === 410 || error.status === 404))
          return 'lost';
        throw error;
      }
    },

    readDeployment: (id: string, signal: AbortSignal) =>
      findNamed(`/deployments/${encoded(id)}`, Deployment, signal),

    readDeploymentByName: (flowName: string, deploymentName: string, signal: AbortSignal) =>
      findNamed(
        `/deployments/name/${encoded(flowName)}/${encoded(deploymentName)}`,
        Deployment,
        signal,
      ),

    readFlow: (id: string, signal: AbortSignal) => findNamed(`/flows/${encoded(id)}`, Flow, signal),

    readBlockDocument: (id: string, signal: AbortSignal) =>
      findNamed(`/block_documents/${encoded(id)}?include_secrets=true`, BlockDocument, signal),

    readBlockDocumentByName: (typeSlug: string, name: string, signal: AbortSignal) =>
      findNamed(
        `/block_types/slug/${encoded(typeSlug)}/block_documents/name/${encoded(name)}?include_secrets=true`,
        BlockDocument,
        signal,
      ),

    readVariable: async (name: string, signal: AbortSignal): Promise<VariableAnswer> => {
      const variable = await findNamed(`/variables/name/${encoded(name)}`, Variable, signal);
      return variable === undefined
        ? { kind: 'missing' }
        : { kind: 'found', value: variable.value };
    },

    writeLogs: async (entries: readonly RunLogEntry[], signal: AbortSignal): Promise<void> => {
      const body = entries.map((entry) => logBody(entry, isCloud ? workerId() : undefined));
      await send({ method: 'POST', path: '/logs/', body }, signal);
    },
  };
}

const Queues = z.array(z.object({ name: z.string() }));
const Variable = z.object({ value: JsonValue });

function encoded(segment: string): string {
  return encodeURIComponent(segment);
}
