import { z } from 'zod';
import { assertNever } from '../../kernel/errors.ts';
import type { ProposalAnswer, StateProposal } from '../../core/prefect/proposal.ts';
import { State } from '../../core/prefect/state.ts';

/** Body of `set_state` (prefect-api.md 2.8). */
export function proposalBody(flowRunId: string, proposal: StateProposal): Record<string, unknown> {
  return {
    force: proposal.force,
    state: {
      type: proposal.type,
      ...(proposal.name !== undefined && { name: proposal.name }),
      message: proposal.message ?? null,
      data: proposal.data ?? null,
      state_details: {
        ...proposal.details,
        flow_run_id: flowRunId,
        transition_id: proposal.transitionId,
      },
    },
  };
}

const Answer = z.object({
  status: z.enum(['ACCEPT', 'REJECT', 'ABORT', 'WAIT']),
  state: State.nullish(),
  details: z.looseObject({ reason: z.string().nullish(), delay_seconds: z.number().nullish() }).nullish(),
});

export function proposalAnswer(body: unknown): ProposalAnswer {
  const { status, state, details } = Answer.parse(body);
  const reason = details?.reason ?? undefined;
  switch (status) {
    case 'ACCEPT':
      if (state === null || state === undefined)
        throw new TypeError('Prefect accepted a state and did not tell it');
      return { kind: 'accepted', state };
    case 'REJECT':
      return { kind: 'rejected', state: state ?? undefined, reason };
    case 'ABORT':
      return { kind: 'aborted', reason };
    case 'WAIT':
      return { kind: 'wait', delaySeconds: details?.delay_seconds ?? 1, reason };
    default:
      return assertNever(status);
  }
}
