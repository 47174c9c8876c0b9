import type { Deployment, FlowRun, FlowRunPolicy } from '../records.ts';
import type { State, StateFacts, StateType } from '../state.ts';
import type { Timestamp } from '../timestamps.ts';

/**
 * Slots of a deployment and the leases on them: the one thing outside of the run that a rule may
 * touch.
 */
export interface DeploymentSlots {
  readonly limit: number;
  isFull(): boolean;
  /** Takes a slot; false: none is free. */
  take(): boolean;
  giveBack(): void;
  /** A lease for a slot that was taken. */
  lease(seconds: number): string;
  /** False when it is over or unknown. */
  renew(leaseId: string, seconds: number): boolean;
  /**
   * Ends a lease and gives its slot back; a slot whose lease is lost is given back all the same.
   */
  release(leaseId: string): void;
  /** Forgets a lease and keeps the slot. */
  forget(leaseId: string): void;
}

/** What was true before the transition. */
export interface Situation {
  readonly initial: State;
  readonly policyBefore: FlowRunPolicy;
  readonly now: Timestamp;
  readonly deployment: Deployment | undefined;
  /** Undefined: the deployment has no limit. */
  readonly slots: DeploymentSlots | undefined;
  /** Whether the client keeps leases alive, by its `User-Agent` (since 3.4.11). */
  readonly clientKeepsLeases: boolean;
  /** Exactly 3.0.0 to 3.0.3: the worker looks after deployment concurrency by itself. */
  readonly clientManagesConcurrency: boolean;
  readonly newState: (facts: StateFacts) => State;
  readonly newId: () => string;
}

export type Verdict =
  | { readonly kind: 'reject'; readonly reason: string; readonly state?: State }
  | { readonly kind: 'abort'; readonly reason: string }
  | { readonly kind: 'wait'; readonly reason: string; readonly delaySeconds: number };

export type Outcome = { readonly kind: 'accept' } | Verdict;

/** The transition while rules work on it. */
export interface Draft {
  run: FlowRun;
  /** Undefined: nothing will be written. */
  proposed: State | undefined;
  outcome: Outcome;
}

export type Types = readonly StateType[] | 'any';

/**
 * One rule of the server's `core_policy.py`. It speaks only while the transition is the one that
 * was asked for: once a rule has changed the proposed type, those after it are silent.
 */
export interface Rule {
  readonly name: string;
  readonly from: Types;
  readonly to: Types;
  /** May change the draft's run and proposed state; a verdict replaces the proposed state. */
  before?(draft: Draft, proposed: State, situation: Situation): Verdict | undefined;
  /** After the state was written, if the transition is still the rule's. */
  after?(draft: Draft, situation: Situation): void;
  /** Takes back what `before` did, when another rule made the transition a different one. */
  undo?(draft: Draft, situation: Situation): void;
}

export interface Policy {
  readonly rules: readonly Rule[];
  /** A lease id that the proposal lacks is kept (since 3.6.24). */
  readonly keepsLeaseId: boolean;
  readonly releasesSlots: boolean;
  /** A run that retries in its process holds its slot while it waits (since 3.8.5). */
  readonly retryKeepsSlot: boolean;
}

export function withPolicy(run: FlowRun, change: Partial<FlowRunPolicy>): FlowRun {
  return { ...run, empirical_policy: { ...run.empirical_policy, ...change } };
}

export function includes(types: Types, type: StateType): boolean {
  return types === 'any' || types.includes(type);
}
