import type { Actor } from '../../core/claim/act-rows.ts';
import { awaitingCapacity } from '../../core/claim/claims.ts';
import type { ProposalAnswer, StateProposal } from '../../core/prefect/proposal.ts';
import type { State } from '../../core/prefect/state.ts';
import { toError } from '../../kernel/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { Random } from '../../kernel/random.ts';
import type { PrefectApi } from '../ports/prefect-api.ts';
import type { WorkerIdentity } from '../ports/worker-identity.ts';
import type { LateChecks } from './late-checks.ts';
import type { Look } from './look.ts';
import type { Looks } from './looks.ts';
import { whyNotWrittenBack, writtenBack } from './restoring.ts';

/** What every act on a run's state needs. */
export interface ActPorts {
  readonly prefect: Pick<PrefectApi, 'proposeState' | 'server'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly looks: Pick<Looks, 'untilAgreed' | 'settlingMs'>;
  readonly lateChecks: Pick<LateChecks, 'add'>;
  readonly worker: () => WorkerIdentity;
}

export type ActAnswer =
  | { readonly kind: 'done' }
  /** Refused by its row or by the server. Nothing was written. */
  | { readonly kind: 'refused'; readonly why: string }
  /** The look has become too old: look again. */
  | { readonly kind: 'stale' };

/** Sends a claim's states one after another. A caller that follows no task sends at once. */
export interface FinalLine {
  final<T>(propose: () => Promise<T>): Promise<T>;
}

export const atOnce: FinalLine = { final: (propose) => propose() };

export const actorOf = (
  launchId: string,
  { worker }: { readonly worker: () => WorkerIdentity },
): Actor => ({
  launchId,
  processId: worker().processId,
});

/**
 * Sends an act that a look allows, then looks again and restores what the act has overwritten:
 * Prefect has no compare-and-set, so another process may have written a state meanwhile, and
 * without the second look it would be lost (worker.md 0.4.9, 0.4.10). The act's HTTP retries end
 * when the look becomes too old. Rejects when it is unknown whether the act arrived; a late check
 * follows then.
 */
export async function sendOver(
  look: Look,
  proposal: StateProposal,
  { line, log }: { readonly line: FinalLine; readonly log: Logger },
  ports: ActPorts,
  signal: AbortSignal,
): Promise<ActAnswer> {
  const sent = await line.final(async (): Promise<ProposalAnswer | undefined> => {
    const leftMs = look.leftMs(ports.clock.monotonicMs());
    if (leftMs <= 0) return undefined;
    try {
      return await ports.prefect.proposeState(look.flowRun.id, proposal, signal, {
        retryWithinMs: leftMs,
      });
    } catch (error) {
      checkLater(look, proposal, log, ports);
      throw error;
    }
  });
  if (sent === undefined) return { kind: 'stale' };
  const isOurs = sent.kind === 'rejected' && sent.state?.transitionId === proposal.transitionId;
  if (sent.kind === 'accepted' || isOurs) {
    await afterwards(look, proposal, log, ports, signal);
    return { kind: 'done' };
  }
  if (sent.kind === 'wait') {
    await ports.clock.sleep(sent.delaySeconds * 1000, signal);
    return { kind: 'stale' };
  }
  const reason = sent.kind === 'not-found' ? 'the run no longer exists' : sent.reason;
  return { kind: 'refused', why: reason ?? 'the server refused' };
}

/**
 * A check that fails now is repeated later: what it may have to undo cannot wait for the next act.
 */
async function afterwards(
  look: Look,
  proposal: StateProposal,
  log: Logger,
  ports: ActPorts,
  signal: AbortSignal,
): Promise<void> {
  try {
    await undoIfOvertaken(look, proposal, log, ports, signal);
  } catch (error) {
    signal.throwIfAborted();
    log.debug('Could not check the written state; retrying', { error: toError(error).message });
    checkLater(look, proposal, log, ports);
  }
}

function checkLater(look: Look, proposal: StateProposal, log: Logger, ports: ActPorts): void {
  ports.lateChecks.add((late) => undoIfOvertaken(look, proposal, log, ports, late));
}

/** If our state overwrote states that the first look did not have, restores the newest of them. */
export async function undoIfOvertaken(
  before: Look,
  ours: Pick<StateProposal, 'transitionId'>,
  log: Logger,
  ports: ActPorts,
  signal: AbortSignal,
): Promise<void> {
  const after = await ports.looks.untilAgreed(before.flowRun.id, signal);
  if (after === undefined || after.present.transitionId !== ours.transitionId) return;
  const known = new Set(before.history.map(({ id }) => id));
  const overwritten = after.history.findLast(
    (state) => !known.has(state.id) && state !== after.present && !isRivalClaim(state),
  );
  if (overwritten === undefined) return;
  log.warning(
    `The flow run became ${overwritten.name} while ${after.present.name} was on its way to ` +
      `Prefect; restoring ${overwritten.name}.`,
  );
  await writeBack(after.flowRun.id, overwritten, log, ports, signal);
}

/**
 * When several processes claim a run over late progress, the first in the history has it. The
 * claims of the others are not restored.
 */
function isRivalClaim({ type, name }: State): boolean {
  return type === 'PENDING' && name === awaitingCapacity(1);
}

/** Writes a state again, as it was. */
export async function writeBack(
  flowRunId: string,
  state: State,
  log: Logger,
  ports: Pick<ActPorts, 'random'> & { readonly prefect: Pick<PrefectApi, 'proposeState'> },
  signal: AbortSignal,
): Promise<void> {
  const why = whyNotWrittenBack(state) ?? (await refusalOf(flowRunId, state, ports, signal));
  if (why === undefined) return;
  log.error(
    `Could not restore the flow run's state ${state.name}: ${why}. ` +
      'If the run should run again, retry it.',
  );
}

async function refusalOf(
  flowRunId: string,
  state: State,
  ports: Pick<ActPorts, 'random'> & { readonly prefect: Pick<PrefectApi, 'proposeState'> },
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await ports.prefect.proposeState(
    flowRunId,
    writtenBack(state, ports.random.uuid()),
    signal,
  );
  return answer.kind === 'accepted' ? undefined : `Prefect answered ${answer.kind}`;
}
