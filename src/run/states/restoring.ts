import type { StateProposal } from '../../core/prefect/proposal.ts';
import type { State } from '../../core/prefect/state.ts';

/** A state as it was, written over whatever came after it. */
export function writtenBack(state: State, transitionId: string): StateProposal {
  return {
    type: state.type,
    name: state.name,
    message: state.message,
    transitionId,
    force: true,
    details: state.details,
  };
}
