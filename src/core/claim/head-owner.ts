import type { FlowRunHead } from '../prefect/flow-run-head.ts';
import { isNobody, parseClaimMessage, parseFollower, type Owner } from './claim-record.ts';

/** A run's owner according to a page. A look may show a newer one. */
export interface HeadOwner {
  readonly owner: Owner;
  /** The claim that names it, if the page shows that. */
  readonly claim: string;
}

/** Python's message has the worker's name, but no process. */
export function pythonsOwner(labels: FlowRunHead['labels']): Owner | undefined {
  const name = labels['prefect.worker.name'];
  return typeof name === 'string' ? { workerName: name, processId: '' } : undefined;
}

/**
 * The process that a page shows as answerable for a run: the one that the label names. If the
 * present state is a claim and the label belongs to another claim, it is the process that the
 * claim's message names: labels survive retries (worker.md 9.7.2). Undefined: no process, or the
 * page does not show it.
 */
export function ownerOnPage({ state, labels }: FlowRunHead): HeadOwner | undefined {
  const follower = parseFollower(labels);
  const claimant = parseClaimMessage(state.message);
  const isOfThisClaim = claimant === undefined || follower?.launchId === state.transitionId;
  if (follower !== undefined && isOfThisClaim)
    return isNobody(follower) ? undefined : { owner: follower, claim: follower.launchId };
  if (claimant !== undefined) return { owner: claimant, claim: state.transitionId ?? '' };
  const owner = pythonsOwner(labels);
  return owner === undefined ? undefined : { owner, claim: '' };
}
