import type { FlowRunHead } from '../prefect/flow-run-head.ts';
import { isNobody, parseClaimMessage, parseFollower, type Owner } from './claim-record.ts';

/** What a page shows of a run's owner; a look may know better. */
export interface HeadOwner {
  readonly owner: Owner;
  /** Which claim names it, as far as the page tells. */
  readonly claim: string;
}

/** Python tells the worker's name, and no process. */
export function pythonsOwner(labels: FlowRunHead['labels']): Owner | undefined {
  const name = labels['prefect.worker.name'];
  return typeof name === 'string' ? { workerName: name, processId: '' } : undefined;
}

/**
 * Who seems to be answerable for a run (worker.md 9.7.2): whom the label names, unless the
 * present state is a claim that the label is not of; then that claim's own message. Undefined:
 * nobody any more, or the page does not tell.
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
