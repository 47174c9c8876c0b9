import type { FlowRun } from '../records.ts';
import type { State, StateType } from '../state.ts';
import { bookkeeping } from './bookkeeping.ts';
import {
  includes,
  type Draft,
  type Outcome,
  type Policy,
  type Rule,
  type Situation,
} from './rule.ts';

export interface Orchestrated {
  readonly run: FlowRun;
  readonly outcome: Outcome;
  /** The state that was written, if any. */
  readonly written: State | undefined;
}

interface Entered {
  readonly rule: Rule;
  /** The proposed type that the rule left. Undefined: nothing to write. */
  readonly toType: StateType | undefined;
}

/**
 * Decides on a proposed state as the server does: rules in order, bookkeeping, rules in reverse.
 */
export function orchestrate(
  run: FlowRun,
  proposal: State,
  policy: Policy,
  situation: Situation,
  timestamps: ReadonlySet<string>,
): Orchestrated {
  const draft: Draft = { run, proposed: proposal, outcome: { kind: 'accept' } };
  if (policy.keepsLeaseId) keepLeaseId(draft, situation);
  const entered = enterRules(draft, proposal.type, policy, situation);
  const written = draft.proposed && bookkeeping(draft, draft.proposed, situation, timestamps);
  draft.proposed = written;
  if (policy.releasesSlots) releaseSlots(draft, policy, situation);
  for (const { rule, toType } of entered.toReversed()) {
    const isStillMine = toType === undefined ? rule.to === 'any' : includes(rule.to, toType);
    if (!isStillMine) continue;
    if (draft.proposed?.type === toType) rule.after?.(draft, situation);
    else rule.undo?.(draft, situation);
  }
  return { run: draft.run, outcome: draft.outcome, written };
}

function enterRules(
  draft: Draft,
  intended: StateType,
  policy: Policy,
  situation: Situation,
): Entered[] {
  const entered: Entered[] = [];
  for (const rule of policy.rules) {
    const { proposed } = draft;
    if (proposed?.type !== intended) continue;
    if (!includes(rule.from, situation.initial.type) || !includes(rule.to, intended)) continue;
    const verdict = rule.before?.(draft, proposed, situation);
    if (verdict !== undefined) {
      draft.outcome = verdict;
      draft.proposed = verdict.kind === 'reject' ? verdict.state : undefined;
    }
    entered.push({ rule, toType: draft.proposed?.type });
  }
  return entered;
}

/** Workers send a null id, which would otherwise erase the lease id. */
function keepLeaseId(draft: Draft, { initial }: Situation): void {
  const kept = initial.state_details.deployment_concurrency_lease_id;
  const { proposed } = draft;
  if (kept === null || proposed === undefined) return;
  if (proposed.state_details.deployment_concurrency_lease_id !== null) return;
  draft.proposed = {
    ...proposed,
    state_details: { ...proposed.state_details, deployment_concurrency_lease_id: kept },
  };
}

const slotHolders: readonly StateType[] = ['RUNNING', 'CANCELLING', 'PENDING'];

function releaseSlots(
  { proposed, outcome }: Draft,
  policy: Policy,
  { initial, slots, deployment }: Situation,
): void {
  if (proposed === undefined) return;
  if (!slotHolders.includes(initial.type) || slotHolders.includes(proposed.type)) return;
  // A retry in the same process keeps its slot, because the engine renews the lease while it waits.
  const retriesInProcess = proposed.type === 'SCHEDULED' && proposed.name === 'AwaitingRetry';
  if (policy.retryKeepsSlot && retriesInProcess && outcome.kind === 'reject') return;
  if (deployment === undefined || slots === undefined) return;
  const leaseId = initial.state_details.deployment_concurrency_lease_id;
  if (leaseId === null) slots.giveBack();
  else slots.release(leaseId);
}
