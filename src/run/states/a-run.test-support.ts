import { followerLabel, followerText } from '../../core/claim/claim-record.ts';
import { FlowRun } from '../../core/prefect/flow-run.ts';
import type { ProposalAnswer, StateProposal } from '../../core/prefect/proposal.ts';
import type { State } from '../../core/prefect/state.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { seededRandom } from '../../kernel/random.ts';
import type { ActPorts } from './act.ts';
import { LateChecks } from './late-checks.ts';
import { Looks } from './looks.ts';

export const never = new AbortController().signal;
export const runId = '33333333-3333-4333-8333-333333333333';

/** A Prefect with one run, whose states the test writes, and the ports that act on it. */
export class ARun {
  readonly clock = new ManualClock();
  readonly states: State[];
  readonly proposed: StateProposal[] = [];
  /** Overrides what the list of states shows. */
  listed: (() => readonly State[]) | undefined;
  /** Whether Prefect knows the run. */
  exists = true;
  follower: { readonly launchId: string; readonly processId: string } | undefined;
  reads = { histories: 0, runs: 0 };
  /** How long each read takes. */
  readMs = 0;
  answer: (proposal: StateProposal) => Promise<ProposalAnswer> = (proposal) => {
    const state = stateOf(proposal);
    this.states.push(state);
    return Promise.resolve({ kind: 'accepted', state });
  };
  readonly looks: Looks;
  readonly lateChecks: LateChecks;
  readonly ports: ActPorts;

  constructor(states: readonly State[], processId: string) {
    this.states = [...states];
    this.looks = new Looks({
      clock: this.clock,
      judge: () => 'undecided',
      prefect: { readStateHistory: () => this.#history() },
      flowRuns: { read: () => this.#run() },
    });
    this.lateChecks = new LateChecks(this.clock, silentLogger);
    this.ports = {
      clock: this.clock,
      random: seededRandom(1),
      looks: this.looks,
      lateChecks: this.lateChecks,
      worker: () => ({ name: 'w', processId, backendId: undefined, prefectVersion: '3.8.8' }),
      prefect: {
        server: { now: () => this.clock.now(), ageMs: () => 0 },
        proposeState: (_id, proposal) => {
          this.proposed.push(proposal);
          return this.answer(proposal);
        },
      },
    };
  }

  async #history(): Promise<readonly State[]> {
    this.reads.histories += 1;
    const states = this.listed?.() ?? [...this.states];
    if (this.readMs > 0) await this.clock.elapse(this.readMs);
    return states;
  }

  async #run(): Promise<{ readonly flowRun: FlowRun | undefined; readonly askedAtMs: number }> {
    this.reads.runs += 1;
    const askedAtMs = this.clock.monotonicMs();
    const present = this.states.at(-1);
    const owner = { workerName: 'w', processId: this.follower?.processId ?? '' };
    const label = this.follower && { [followerLabel]: followerText(this.follower.launchId, owner) };
    const flowRun = FlowRun.parse({
      id: runId,
      name: 'nightly',
      flow_id: 'flow',
      deployment_id: 'deployment',
      state_id: present?.id,
      state_type: present?.type,
      labels: label ?? {},
    });
    if (this.readMs > 0) await this.clock.elapse(this.readMs);
    return { flowRun: this.exists ? flowRun : undefined, askedAtMs };
  }
}

function stateOf(proposal: StateProposal): State {
  return {
    id: `of ${proposal.transitionId}`,
    type: proposal.type,
    name: proposal.name ?? proposal.type,
    message: proposal.message,
    timestamp: undefined,
    transitionId: proposal.transitionId,
    deploymentConcurrencyLeaseId: undefined,
    data: proposal.data,
    details: proposal.details ?? {},
  };
}
