import { whyNotGivenBack, type Actor } from '../../core/claim/act-rows.ts';
import { proposalOf, type StateProposal } from '../../core/prefect/proposal.ts';
import type { Logger } from '../../kernel/logger.ts';
import { sendOver, type ActAnswer, type ActPorts, type FinalLine } from './act.ts';
import type { Look } from './look.ts';

/**
 * Due this much later, so that every look that must follow is done before a poll offers the run
 * again.
 */
const aheadMs = 30_000;
/**
 * Giving a claim back needs a look of at most this age: RunTask of the same claim must not come
 * between.
 */
const giveBackWithinMs = 2_000;

export interface Rescheduling {
  readonly actor: Actor;
  /**
   * Why the run is rescheduled, as a sentence. The sentence that it is rescheduled is added here.
   */
  readonly message: string;
  readonly line: FinalLine;
  readonly log: Logger;
}

/**
 * Gives a claim back: reschedules the run, so that a poll offers it to every worker. Only the
 * process that made the claim may do this, and only if every RunTask was refused: given back beside
 * a living task, the run would run twice (worker.md A4).
 */
export async function giveBack(
  look: Look,
  rescheduling: Rescheduling,
  ports: ActPorts,
  signal: AbortSignal,
): Promise<ActAnswer> {
  const why = whyNotGivenBack(look, rescheduling.actor);
  if (why !== undefined) return { kind: 'refused', why };
  const ageMs = ports.clock.monotonicMs() - look.sentAtMs;
  if (ageMs > giveBackWithinMs) return { kind: 'stale' };
  return scheduleAgain(look, rescheduling, ports, signal);
}

/**
 * Reschedules a run, never forced. A run whose process waited for its own retry is crashed first:
 * SCHEDULED alone would keep `retry_type` at `in_process`, and no worker would ever be offered the
 * run (worker.md 0.4.11).
 */
export async function scheduleAgain(
  look: Look,
  rescheduling: Omit<Rescheduling, 'actor'>,
  ports: ActPorts,
  signal: AbortSignal,
): Promise<ActAnswer> {
  const message = `${rescheduling.message} The run is rescheduled.`;
  if (look.flowRun.deploymentId === undefined)
    return { kind: 'refused', why: 'it has no deployment' };
  if (look.flowRun.retryType === 'in_process') {
    const crash = proposalOf('CRASHED', {
      name: 'Crashed',
      message,
      transitionId: ports.random.uuid(),
    });
    const answer = await sendOver(look, crash, rescheduling, ports, signal);
    if (answer.kind !== 'done') return answer;
    const crashed = await ports.looks.untilAgreed(look.flowRun.id, signal);
    if (crashed?.present.transitionId !== crash.transitionId)
      return { kind: 'refused', why: 'the run went on' };
    return sendOver(crashed, scheduled(message, ports), rescheduling, ports, signal);
  }
  return sendOver(look, scheduled(message, ports), rescheduling, ports, signal);
}

function scheduled(message: string, { prefect, random }: ActPorts): StateProposal {
  const due = new Date(prefect.server.now().getTime() + aheadMs).toISOString();
  const proposal = proposalOf('SCHEDULED', {
    name: 'Scheduled',
    message,
    transitionId: random.uuid(),
  });
  return { ...proposal, details: { scheduled_time: due } };
}
