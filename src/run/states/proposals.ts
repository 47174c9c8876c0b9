import {
  type ProposalAnswer,
  type StateProposal,
  proposalOf,
} from '../../core/prefect/proposal.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { CallPatience, PrefectApi } from '../ports/prefect-api.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';

/** Ports of anything that proposes states. */
export interface ProposalPorts {
  readonly prefect: Pick<PrefectApi, 'proposeState'>;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Sends the states proposed for one claim, one at a time (worker.md 0.4.4). Progress is sent once
 * and never retried. After a final proposal has begun, no progress may be sent: the server would
 * accept it over the final state.
 */
export class Proposals {
  readonly #flowRunId: string;
  readonly #ports: ProposalPorts;
  readonly #log: Logger;
  #line: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(flowRunId: string, ports: ProposalPorts, log: Logger) {
    this.#flowRunId = flowRunId;
    this.#ports = ports;
    this.#log = log;
  }

  /**
   * Proposes a PENDING sub-state, once. Older servers refuse it, and the run goes on whatever
   * happens. Returns the kind of the server's answer; undefined: not asked, or no answer.
   */
  progress(
    name: string,
    message: string | undefined,
    signal: AbortSignal,
  ): Promise<ProposalAnswer['kind'] | undefined> {
    return this.#inLine(async () => {
      if (this.#closed) return undefined;
      const transitionId = this.#ports.random.uuid();
      const proposal = proposalOf('PENDING', {
        name,
        transitionId,
        ...(message !== undefined && { message }),
      });
      try {
        const answer = await this.#ports.prefect.proposeState(this.#flowRunId, proposal, signal, {
          retry: false,
        });
        return answer.kind;
      } catch (error) {
        this.#log.debug(`Could not propose state '${name}'`, { error: toError(error).message });
        return undefined;
      }
    });
  }

  /** Proposes a final state after everything under way, and allows no progress after it. */
  final<T>(propose: () => Promise<T>): Promise<T> {
    this.#closed = true;
    return this.#inLine(propose);
  }

  #inLine<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#line.then(work);
    this.#line = turn.catch(() => undefined);
    return turn;
  }
}

/**
 * Proposes a state and obeys WAIT: the same state again after the time that the server names, until
 * it answers otherwise.
 */
export async function proposeUntilAnswered(
  flowRunId: string,
  proposal: StateProposal,
  ports: ProposalPorts,
  signal: AbortSignal,
  patience?: CallPatience,
): Promise<Exclude<ProposalAnswer, { kind: 'wait' }>> {
  for (;;) {
    const answer = await ports.prefect.proposeState(flowRunId, proposal, signal, patience);
    if (answer.kind !== 'wait') return answer;
    await ports.clock.sleep(answer.delaySeconds * 1000, signal);
  }
}
