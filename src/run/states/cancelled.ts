import { isFinal } from '../../core/prefect/state.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import { toError } from '../../kernel/errors.ts';
import type { RunPorts } from '../run-context.ts';
import { proposalOf } from './proposals.ts';
import type { ReportedRun } from './reported-run.ts';

export const cancelledWhilePending = 'Flow run cancelled by worker while pending.';

/** Cancelled, over CANCELLING only, read just before: a run that ended by itself keeps its end. */
export async function proposeCancelled(
  run: Pick<ReportedRun, 'flowRun' | 'proposals' | 'log'>,
  message: string,
  ports: Pick<RunPorts, 'flowRuns' | 'random' | 'clock'>,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { flowRun } = await ports.flowRuns.read(run.flowRun.id);
      if (flowRun?.stateType === undefined || isFinal(flowRun.stateType)) return;
      if (flowRun.stateType !== 'CANCELLING') return;
      const transitionId = ports.random.uuid();
      await run.proposals.final(
        proposalOf('CANCELLED', { name: 'Cancelled', message, transitionId, force: true }),
        signal,
      );
      run.log.info(message);
      return;
    } catch (error) {
      signal.throwIfAborted();
      run.log.debug('Could not propose Cancelled', { error: toError(error).message });
      await ports.clock.sleep(exponentialMs(attempt, 1_000, 30_000, ports.random), signal);
    }
  }
}
