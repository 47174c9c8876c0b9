import { holdsLeftOut } from '../../kernel/json.ts';
import type { StateProposal } from '../../core/prefect/proposal.ts';
import type { State } from '../../core/prefect/state.ts';

/**
 * Why a state cannot be restored; undefined: it can. A part of its result was too large to be read
 * and would be lost.
 */
export function whyNotWrittenBack({ name, data }: State): string | undefined {
  return holdsLeftOut(data) ? `the result of ${name} is too large to restore` : undefined;
}

/**
 * Builds the proposal that restores a state with all that it carried: a Completed without its
 * `data` has lost its result. SCHEDULED is never forced: that would keep the `retry_type` of a
 * process that is gone, and no worker would ever be offered the run. A claim keeps its
 * `transition_id`, which is its launch id. Source: worker.md 0.4.9 to 0.4.11.
 */
export function writtenBack(state: State, transitionId: string): StateProposal {
  const isForced = state.type !== 'SCHEDULED' && state.type !== 'PENDING';
  return {
    type: state.type,
    name: state.name,
    message: state.message,
    transitionId: state.type === 'PENDING' ? (state.transitionId ?? transitionId) : transitionId,
    force: isForced,
    data: state.data,
    details: state.details,
  };
}
