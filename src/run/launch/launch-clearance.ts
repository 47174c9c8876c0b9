import { whyNotLaunchable } from '../../core/claim/act-rows.ts';
import type { RunPorts } from '../run-context.ts';
import { actorOf } from '../states/act.ts';
import type { ClearedLaunch } from './claim-launch.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import { LaunchVoidError } from './launch.ts';

/**
 * Until when RunTask may be called for a claim: a few seconds after the claim was sent, or after a
 * look that shows nothing but this launch (worker.md 0.4.7). Without it, a process that was paused
 * would restart a run that has ended, or that another process has launched.
 */
export class LaunchClearance {
  readonly #run: ReportedRun;
  readonly #ports: Pick<RunPorts, 'clock' | 'looks' | 'worker'>;
  #clearedAtMs: number;
  #goodForMs: number;

  constructor(
    run: ReportedRun,
    { clearedAtMs, goodForMs }: ClearedLaunch,
    ports: Pick<RunPorts, 'clock' | 'looks' | 'worker'>,
  ) {
    this.#run = run;
    this.#ports = ports;
    this.#clearedAtMs = clearedAtMs;
    this.#goodForMs = goodForMs;
  }

  /** The clearance has expired and proves nothing any more. */
  get isOld(): boolean {
    return this.#ports.clock.monotonicMs() - this.#clearedAtMs > this.#goodForMs;
  }

  /**
   * Looks again if the clearance has expired. Rejects with a LaunchVoidError when the launch must
   * not be made.
   */
  async renew(signal: AbortSignal): Promise<void> {
    if (!this.isOld) return;
    const { flowRun, launchId, attempt } = this.#run;
    const look = await this.#ports.looks.untilAgreed(flowRun.id, signal);
    if (look === undefined) throw new LaunchVoidError('the run no longer exists');
    const why = whyNotLaunchable(look, actorOf(launchId, this.#ports));
    if (why !== undefined) throw new LaunchVoidError(why);
    if ((look.claim?.attempt ?? 1) > attempt)
      throw new LaunchVoidError('a later launch was announced');
    this.#clearedAtMs = look.sentAtMs;
    this.#goodForMs = look.goodForMs;
  }
}
