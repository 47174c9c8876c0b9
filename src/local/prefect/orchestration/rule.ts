import type { Deployment, FlowRun, FlowRunPolicy } from '../records.ts';
import type { State, StateFacts, StateType } from '../state.ts';
import type { Timestamp } from '../timestamps.ts';

/**
 * A deployment's slots and their leases: the only data outside of the run that a rule may change.
 */
export interface DeploymentSlots {
  readonly limit: number;
  isFull(): boolean;
  /** Takes a slot. False: none is free. */
  take(): boolean;
  giveBack(): void;
  /** Creates a lease for a taken slot. */
  lease(seconds: number): string;
  /** False if it has ended or does not exist. */
  renew(leaseId: string, seconds: number): boolean;
  /** Ends a lease and frees its slot. If the lease is lost, the slot is freed all the same. */
  release(leaseId: string): void;
  /** Drops a lease and keeps the slot. */
  forget(leaseId: string): void;
}

/** The facts before the transition. */
export interface Situation {
  readonly initial: State;
  readonly policyBefore: FlowRunPolicy;
  readonly now: Timestamp;
  readonly deployment: Deployment | undefined;
  /** Undefined: the deployment has no limit. */
  readonly slots: DeploymentSlots | undefined;
  /** Whether the client keeps leases alive, by its `User-Agent` (since 3.4.11). */
  readonly clientKeepsLeases: boolean;
  /** Exactly 3.0.0 to 3.0.3: the worker itself manages deployment concurrency. */
  readonly clientManagesConcurrency: boolean;
  readonly newState: (facts: StateFacts) => State;
  readonly newId: () => string;
}

export type Verdict =
  | { readonly kind: 'reject'; readonly reason: string; readonly state?: State }
  | { readonly kind: 'abort'; readonly reason: string }
  | { readonly kind: 'wait'; readonly reason: string; readonly delaySeconds: number };

export type Outcome = { readonly kind: 'accept' } | Verdict;

/** The transition while rules change it. */
export interface Draft {
  run: FlowRun;
  /** Undefined: nothing will be written. */
  proposed: State | undefined;
  outcome: Outcome;
}

export type Types = readonly StateType[] | 'any';

/**
 * One rule of the server's `core_policy.py`. It applies only while the transition is the one that
 * was requested: once a rule has changed the proposed type, those after it are silent.
 */
export interface Rule {
  readonly name: string;
  readonly from: Types;
  readonly to: Types;
  /** May change the draft's run and proposed state. A verdict replaces the proposed state. */
  before?(draft: Draft, proposed: State, situation: Situation): Verdict | undefined;
  /** Runs after the state was written, if the transition is still the rule's. */
  after?(draft: Draft, situation: Situation): void;
  /** Reverts `before` if another rule changed the transition. */
  undo?(draft: Draft, situation: Situation): void;
}

export interface Policy {
  readonly rules: readonly Rule[];
  /** A lease id that the proposal lacks is kept (since 3.6.24). */
  readonly keepsLeaseId: boolean;
  readonly releasesSlots: boolean;
  /** A run that retries in its process keeps its slot while it waits (since 3.8.5). */
  readonly retryKeepsSlot: boolean;
}

export function withPolicy(run: FlowRun, change: Partial<FlowRunPolicy>): FlowRun {
  return { ...run, empirical_policy: { ...run.empirical_policy, ...change } };
}

export function includes(types: Types, type: StateType): boolean {
  return types === 'any' || types.includes(type);
}
