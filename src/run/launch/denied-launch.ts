import { AbortFlag, linkAbort } from '../../kernel/abort.ts';
import { Cancelled } from '../../kernel/task-group.ts';
import { toError } from '../../kernel/errors.ts';
import { whyHeld } from '../../core/breaker/hold-words.ts';
import { followerLabel, handedOnText } from '../../core/claim/claim-record.ts';
import { whyNotLaunchable } from '../../core/claim/act-rows.ts';
import type { RunContext } from '../run-context.ts';
import type { Asking } from '../shared/gate.ts';
import type { HeldKey } from '../shared/held-key.ts';
import { actorOf } from '../states/act.ts';
import { giveBackClaim, type UnstartedClaim } from './end-unstarted.ts';
import { livingTask, type LaunchPlace } from './relaunch-clearance.ts';
import type { AwaitedEnd } from './awaited-end.ts';
import { afterCancelAsked } from './after-cancel-asked.ts';
import type { ReportedRun } from '../states/reported-run.ts';

/** A claim whose launch ECS refused for a reason that is no run's fault. */
export interface DeniedLaunch {
  readonly run: ReportedRun;
  readonly place: LaunchPlace;
  readonly unstarted: UnstartedClaim;
  readonly asking: Asking;
  readonly held: HeldKey;
}

export type AfterDenial =
  /** Time to repeat the token. */
  { readonly kind: 'again' } | Extract<AwaitedEnd, { readonly kind: 'alive' | 'ended' }>;

type DenialContext = Pick<RunContext, 'active' | 'ports' | 'signals'>;

/**
 * After its key was denied this long, a claim that can be neither launched nor given back is handed
 * on to other workers.
 */
const handedOnAfterMs = 2 * 60_000;

/**
 * Reschedules the run if it is certain that nothing of its claim was started. Otherwise the claim
 * stays Pending and held by this worker, and its token is repeated when the key is tried
 * (worker.md 8.5.2, 8.5.4). Never crashes the run: the denial is not its fault.
 */
export async function afterDenial(
  denied: DeniedLaunch,
  context: DenialContext,
): Promise<AfterDenial> {
  const { ports, signals } = context;
  const { held, asking, run } = denied;
  if (held.held?.why === 'denied') {
    const message = whyHeld(held.facts);
    const given = await giveBackClaim({ ...denied, message }, ports, signals.stop);
    if (given?.kind === 'ended') ports.breaker.keep(held, asking);
    if (given !== undefined) return given;
  }
  run.log.warning(
    `${whyHeld(held.facts)} The flow run stays Pending and is launched once this is resolved.`,
  );
  return waitInHand(denied, context);
}

async function waitInHand(denied: DeniedLaunch, context: DenialContext): Promise<AfterDenial> {
  const { active, ports, signals } = context;
  for (;;) {
    if (await handedOn(denied, context)) return handedOver;
    switch (await nextEvent(denied.held, context)) {
      case 'try':
        denied.held.tryNow(ports.clock.monotonicMs());
        return { kind: 'again' };
      case 'let-go':
        signals.stop.throwIfAborted();
        return handedOver;
      case 'cancel-asked': {
        active.cancelled.take();
        const end = await afterCancelAsked(denied, ports, signals.stop);
        if (end !== undefined) return end;
      }
    }
  }
}

const handedOver: AfterDenial = { kind: 'ended', outcome: { kind: 'handed-over' } };

/**
 * The first event for a claim that waits for its key. `let-go`: another process has the claim, or
 * this one ends.
 */
export async function nextEvent(
  held: HeldKey,
  { active, ports, signals }: DenialContext,
): Promise<'try' | 'let-go' | 'cancel-asked'> {
  const cancelAsked = new AbortFlag();
  const unlisten = active.cancelled.listen(() =>
    cancelAsked.abort(new Cancelled('perhaps cancelled')),
  );
  using waiting = linkAbort(signals.drain, signals.stop, active.letGo, cancelAsked);
  try {
    await ports.breaker.nextTry(held, waiting.signal);
    return 'try';
  } catch (error) {
    if (!waiting.signal.aborted) throw error;
    return cancelAsked.aborted && !isOver({ active, signals }) ? 'cancel-asked' : 'let-go';
  } finally {
    unlisten();
  }
}

function isOver({ active, signals }: Pick<DenialContext, 'active' | 'signals'>): boolean {
  return signals.drain.aborted || signals.stop.aborted || active.letGo.aborted;
}

/**
 * Hands the claim on, after a while, to a worker that may have the right: the label then names no
 * process. Kept here, the run would wait for as long as this worker lacks the right (worker.md
 * 9.7.4). Returns whether it did.
 */
async function handedOn(
  { run, place, held }: DeniedLaunch,
  { ports, signals }: DenialContext,
): Promise<boolean> {
  const sinceMs = held.held?.why === 'denied' ? held.held.sinceMs : Infinity;
  if (ports.clock.monotonicMs() - sinceMs < handedOnAfterMs) return false;
  try {
    const living = await livingTask(run, place, 1, signals.drain);
    if (living !== undefined) return false;
    const look = await ports.looks.untilAgreed(run.flowRun.id, signals.drain);
    const actor = actorOf(run.launchId, ports);
    if (look === undefined || whyNotLaunchable(look, actor) !== undefined) return false;
    const label = { [followerLabel]: handedOnText(run.launchId) };
    await ports.prefect.updateLabels(run.flowRun.id, label, signals.stop);
  } catch (error) {
    signals.stop.throwIfAborted();
    run.log.debug('Could not hand on the claim', { error: toError(error).message });
    return false;
  }
  ports.breaker.handedOn(run.launchId, held);
  run.log.warning(
    `${whyHeld(held.facts)} Leaving the flow run to a worker that is allowed to launch it.`,
  );
  return true;
}
