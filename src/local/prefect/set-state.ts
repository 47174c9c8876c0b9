import { orchestrate, type Orchestrated } from './orchestration/orchestrate.ts';
import type { Outcome, Policy, Situation } from './orchestration/rule.ts';
import { exception } from './http.ts';
import type { FlowRun } from './records.ts';
import { isAtLeast } from './server-version.ts';
import { stateOf, type State, type StateFacts } from './state.ts';
import { stateChangeEvent } from './state-change-event.ts';
import { setParentTaskState } from './task-run-states.ts';
import type { Timestamp } from './timestamps.ts';
import type { World } from './world.ts';

export interface OrchestrationResult {
  readonly state: State | null;
  readonly status: 'ACCEPT' | 'REJECT' | 'ABORT' | 'WAIT';
  readonly details: Readonly<Record<string, unknown>>;
}

export interface Proposal {
  readonly force?: boolean;
  readonly clientVersion?: string | undefined;
  /** Default: the rules for a client's proposal. */
  readonly policy?: Policy;
  /** The id of the state, if it must be known in advance. */
  readonly stateId?: string;
  /** When a delayed proposal arrived: the state's time is set on arrival. Default: now. */
  readonly cameAt?: Timestamp | undefined;
}

export interface Proposed {
  readonly result: OrchestrationResult;
  /**
   * The answer is 201 then, else 200. As in the server, a state that was written since the proposal
   * arrived counts, too.
   */
  readonly isNew: boolean;
}

/** Proposes a state for a run, as `POST /flow_runs/{id}/set_state` does. */
export function proposeState(
  world: World,
  runId: string,
  facts: StateFacts,
  options: Proposal = {},
): Proposed {
  const run = world.runs.get(runId);
  if (run === undefined) throw exception(404, `Flow run with id ${runId} not found`);
  const proposal = stateOf(
    facts,
    options.stateId ?? world.ids.ordered(),
    options.cameAt ?? world.now(),
  );
  const scripted = world.verdicts.take(proposal);
  if (scripted !== undefined) return answer(scripted, run.state, false);
  const policy =
    options.policy ?? (options.force === true ? world.policies.forced : world.policies.core);
  const situation = situationOf(world, run, options.clientVersion);
  const done = orchestrate(run, proposal, policy, situation, world.runs.stateTimestamps(runId));
  const written = writeDown(world, run, done);
  const isNew = done.written !== undefined || isSince(written.state, options.cameAt);
  return answer(done.outcome, stateShown(done, proposal, written), isNew);
}

function writeDown(world: World, before: FlowRun, done: Orchestrated): FlowRun {
  if (done.written === undefined) {
    if (done.run !== before) world.runs.put({ ...done.run, updated: world.now() }, world.now());
    return done.run;
  }
  const { run } = done;
  const stored: FlowRun = { ...run, state: withoutUnpersisted(run.state), updated: world.now() };
  world.runs.put(stored, world.now());
  world.events.receive(stateChangeEvent(world, stored, before.state));
  if (stored.parent_task_run_id !== null) setParentTaskState(world, stored);
  return stored;
}

/** Data of a result that was not stored is returned once, in the answer, and not kept. */
function withoutUnpersisted(state: State): State {
  const { data } = state;
  const isUnpersisted =
    typeof data === 'object' && data !== null && 'type' in data && data.type === 'unpersisted';
  return isUnpersisted ? { ...state, data: null } : state;
}

function stateShown(done: Orchestrated, proposal: State, stored: FlowRun): State {
  if (done.written === undefined) return stored.state;
  return done.written.data === proposal.data
    ? { ...stored.state, data: proposal.data }
    : stored.state;
}

function isSince(state: State, cameAt: Timestamp | undefined): boolean {
  return cameAt !== undefined && state.timestamp >= cameAt;
}

function answer(outcome: Outcome, state: State, isNew: boolean): Proposed {
  return { result: { state, ...wordsFor(outcome) }, isNew };
}

function wordsFor(outcome: Outcome): Pick<OrchestrationResult, 'status' | 'details'> {
  switch (outcome.kind) {
    case 'accept':
      return { status: 'ACCEPT', details: { type: 'accept_details' } };
    case 'reject':
      return { status: 'REJECT', details: { type: 'reject_details', reason: outcome.reason } };
    case 'abort':
      return { status: 'ABORT', details: { type: 'abort_details', reason: outcome.reason } };
    case 'wait': {
      const { delaySeconds: delay_seconds, reason } = outcome;
      return { status: 'WAIT', details: { type: 'wait_details', delay_seconds, reason } };
    }
  }
}

function situationOf(world: World, run: FlowRun, clientVersion: string | undefined): Situation {
  const deployment =
    run.deployment_id === null ? undefined : world.deployments.get(run.deployment_id);
  const now = world.now();
  return {
    initial: run.state,
    policyBefore: run.empirical_policy,
    now,
    deployment,
    slots: deployment && world.limits.slotsOf(deployment.concurrency_limit_id),
    clientKeepsLeases: clientVersion !== undefined && isAtLeast(clientVersion, '3.4.11'),
    clientManagesConcurrency: /^3\.0\.[0-3]$/.test(clientVersion ?? ''),
    newState: (facts) => stateOf(facts, world.ids.ordered(), now),
    newId: () => world.ids.uuid(),
  };
}
