import { linkAbort, sharedAbortController, type LinkedAbort } from '../../kernel/abort.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import type { SocketConnector } from '../in-process.ts';
import { EngineApi, RunDocument, type ProposalResult } from './engine-api.ts';
import type { EngineFetch } from './engine-fetch.ts';
import {
  sigkillExit,
  sigtermExit,
  type EngineProcess,
  type EngineStory,
  type Execution,
} from './engine-story.ts';
import { watchCancellation } from './engine-watch.ts';
import { timestampOf } from './timestamps.ts';

export interface SimulatedEngineOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: EngineFetch;
  /** Without it, processes do not notice that their run is Cancelling. */
  readonly socket?: SocketConnector;
}

/** The exit code with which a process ends. */
class Exit extends Error {
  override readonly name = 'Exit';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exits with ${exitCode}`);
    this.exitCode = exitCode;
  }
}

interface Process {
  readonly runId: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly story: EngineStory;
  readonly api: EngineApi;
  /** Ends the whole process at once. */
  readonly life: AbortController;
  /** Ends only the flow; the process then sends its final messages. */
  readonly flow: LinkedAbort;
}

/** Three quarters of the lease, as the engine does. */
const renewEveryMs = 225_000;

/**
 * Flow runs without Python: simulated processes that call Prefect as `prefect flow-run execute`
 * 3.8.8 does, in the order recorded in test/contract/engine-calls.json, and run "user code" that
 * takes time and is counted.
 */
export class SimulatedEngine {
  readonly #options: SimulatedEngineOptions;
  readonly #executions: Execution[] = [];

  constructor(options: SimulatedEngineOptions) {
    this.#options = options;
  }

  /** Every execution of user code, oldest first. */
  get executions(): readonly Execution[] {
    return this.#executions;
  }

  executionsOf(flowRunId: string): readonly Execution[] {
    return this.#executions.filter((execution) => execution.flowRunId === flowRunId);
  }

  /**
   * Starts a process with its container's environment, of which `PREFECT__FLOW_RUN_ID` and
   * `PREFECT_API_URL` matter.
   */
  start(environment: Readonly<Record<string, string>>, story: EngineStory = {}): EngineProcess {
    const life = sharedAbortController();
    const { clock, random, fetch } = this.#options;
    const apiUrl = (environment['PREFECT_API_URL'] ?? '').replace(/\/$/, '');
    const authString = environment['PREFECT_API_AUTH_STRING'];
    const process: Process = {
      runId: environment['PREFECT__FLOW_RUN_ID'] ?? '',
      environment,
      story,
      api: new EngineApi({ clock, random, fetch, apiUrl, authString }),
      life,
      flow: linkAbort(life.signal),
    };
    const exited = this.#live(process).then((exitCode) => ({ exitCode }));
    return {
      exited,
      stop: () => this.#sigterm(process),
      kill: () => life.abort(new Exit(sigkillExit)),
    };
  }

  #sigterm({ life, flow, story }: Process): void {
    const reaction = story.onSigterm ?? 'dies';
    if (reaction === 'dies') life.abort(new Exit(sigtermExit));
    if (reaction === 'reschedules') flow.abort('reschedule');
  }

  async #live(process: Process): Promise<number> {
    const { life, flow } = process;
    try {
      return await this.#runFlow(process);
    } catch (error) {
      const { reason }: { readonly reason: unknown } = life.signal;
      if (reason instanceof Exit) return reason.exitCode;
      if (error instanceof Exit) return error.exitCode;
      return await this.#finalLines(process).catch(() =>
        reasonOf(life) instanceof Exit ? sigkillExit : 1,
      );
    } finally {
      flow[Symbol.dispose]();
      life.abort(new Exit(0)); // ends the watch and the renewals
    }
  }

  /**
   * What the parent process reports after it ended the flow: cancelled, or rescheduled to start
   * elsewhere.
   */
  async #finalLines({ runId, api, flow, life }: Process): Promise<number> {
    if (flow.signal.reason === 'cancel') {
      const message = 'Flow run was cancelled successfully.';
      await api.propose(
        runId,
        { type: 'CANCELLED', name: 'Cancelled', message },
        life.signal,
        true,
      );
      return 0;
    }
    if (flow.signal.reason === 'reschedule') {
      await api.propose(runId, { type: 'SCHEDULED', name: 'AwaitingRetry' }, life.signal);
      return sigtermExit;
    }
    return 1;
  }

  async #runFlow(process: Process): Promise<number> {
    const { clock } = this.#options;
    const { runId, api, story, flow, life } = process;
    await clock.sleep(story.bootMs ?? 5_000, life.signal);
    this.#watch(process);
    const run = RunDocument.parse(
      await api.call('GET', `/flow_runs/${runId}`, undefined, life.signal),
    );
    if (run.deployment_id)
      await api.call('GET', `/deployments/${run.deployment_id}`, undefined, life.signal);
    const empirical_policy = {
      retries: story.retries ?? 0,
      retry_delay: story.retryDelaySeconds ?? 0,
    };
    await api.call('PATCH', `/flow_runs/${runId}`, { empirical_policy }, flow.signal);
    let begun = await api.propose(runId, { type: 'RUNNING', name: 'Running' }, flow.signal);
    this.#keepLease(process, begun);
    for (let attempt = 1; ; attempt += 1) {
      // After a refusal the engine exits quietly, because the run was already decided elsewhere.
      if (begun.status === 'ABORT' || begun.state?.type !== 'RUNNING') return 0;
      await this.#userCode(process);
      const ended = await this.#finish(process, attempt);
      if (ended.state?.name !== 'AwaitingRetry') return 0;
      begun = await api.propose(runId, { type: 'RUNNING', name: 'Running' }, flow.signal);
    }
  }

  async #userCode({ runId, environment, story, flow }: Process): Promise<void> {
    const { clock } = this.#options;
    this.#executions.push({ flowRunId: runId, startedAtMs: clock.now().getTime(), environment });
    await clock.sleep(story.runsForMs ?? 10_000, flow.signal);
  }

  async #finish({ runId, api, story, flow }: Process, attempt: number): Promise<ProposalResult> {
    const ending = story.ending ?? { kind: 'completes' };
    switch (ending.kind) {
      case 'exits':
        throw new Exit(ending.exitCode);
      case 'crashes': {
        const message = ending.message ?? 'Execution was aborted by an unexpected exception.';
        await api.propose(runId, { type: 'CRASHED', name: 'Crashed', message }, flow.signal);
        throw new Exit(1);
      }
      case 'suspends':
        return api.propose(
          runId,
          this.#suspended(runId, ending.timeoutSeconds ?? 3_600),
          flow.signal,
        );
      case 'fails':
        if (attempt <= (ending.attempts ?? Number.POSITIVE_INFINITY)) {
          const message = ending.message ?? 'Flow run encountered an exception: ValueError: bad';
          return api.propose(runId, { type: 'FAILED', name: 'Failed', message }, flow.signal);
        }
        return api.propose(runId, completedWith(story), flow.signal);
      case 'completes':
        return api.propose(runId, completedWith(story), flow.signal);
    }
  }

  #suspended(runId: string, timeoutSeconds: number): Readonly<Record<string, unknown>> {
    const now = this.#options.clock.now().getTime();
    // One key for each suspension: a second one under the same key would have no effect.
    const pause_key = String(this.executionsOf(runId).length);
    const pause_timeout = timestampOf((now + timeoutSeconds * 1_000) * 1_000);
    return {
      type: 'PAUSED',
      name: 'Suspended',
      state_details: { pause_reschedule: true, pause_timeout, pause_key },
    };
  }

  #watch({ runId, environment, story, flow, life }: Process): void {
    const { socket, clock } = this.#options;
    if (socket === undefined || story.watchesCancellation === false) return;
    const authString = environment['PREFECT_API_AUTH_STRING'] ?? null;
    const apiUrl = environment['PREFECT_API_URL'] ?? '';
    watchCancellation(
      { socket, clock, apiUrl, authString, runId },
      () => flow.abort('cancel'),
      life.signal,
    ).catch(
      () => undefined, // it ends with the process
    );
  }

  #keepLease({ api, life }: Process, begun: ProposalResult): void {
    const leaseId = begun.state?.state_details.deployment_concurrency_lease_id;
    if (!leaseId) return;
    const keep = async (): Promise<void> => {
      for (;;) {
        await this.#options.clock.sleep(renewEveryMs, life.signal);
        const path = `/v2/concurrency_limits/leases/${leaseId}/renew`;
        await api.call('POST', path, { lease_duration: 300 }, life.signal);
      }
    };
    keep().catch(() => undefined); // the engine continues without its lease
  }
}

function reasonOf(life: AbortController): unknown {
  return life.signal.reason;
}

function completedWith({ result }: EngineStory): Readonly<Record<string, unknown>> {
  return { type: 'COMPLETED', name: 'Completed', data: result ?? null };
}
