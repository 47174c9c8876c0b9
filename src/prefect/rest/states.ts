import { z } from 'zod';
import { assertNever } from '../../kernel/errors.ts';
import type { ProposalAnswer, StateProposal } from '../../core/prefect/proposal.ts';
import { spareNumber, spareText } from '../../core/prefect/lenient-wire.ts';
import { State } from '../../core/prefect/state.ts';
import { readAs, type Answered } from './reading.ts';
import type { ServerWaits } from './server-waits.ts';

/** The body of `set_state` (prefect-api.md 2.8.1). */
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

const Details = z
  .object({ reason: spareText, delay_seconds: spareNumber })
  .nullish()
  .catch(undefined);

/** Only an accepted answer needs all members, because the caller continues from it. */
const Answer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('ACCEPT'), state: State }),
  z.object({
    status: z.literal('REJECT'),
    state: State.nullish().catch(undefined),
    details: Details,
  }),
  z.object({ status: z.literal('ABORT'), details: Details }),
  z.object({ status: z.literal('WAIT'), details: Details }),
]);

const waitByDefaultSeconds = 1;

export function proposalAnswer(
  answered: Answered,
  waits: Pick<ServerWaits, 'boundedMs'>,
): ProposalAnswer {
  const answer = readAs(Answer, answered);
  switch (answer.status) {
    case 'ACCEPT':
      return { kind: 'accepted', state: answer.state };
    case 'REJECT':
      return { kind: 'rejected', state: answer.state ?? undefined, reason: answer.details?.reason };
    case 'ABORT':
      return { kind: 'aborted', reason: answer.details?.reason };
    case 'WAIT': {
      const askedMs = (answer.details?.delay_seconds ?? waitByDefaultSeconds) * 1000;
      const delaySeconds = waits.boundedMs(askedMs, 'a proposed state') / 1000;
      return { kind: 'wait', delaySeconds, reason: answer.details?.reason };
    }
    default:
      return assertNever(answer);
  }
}
