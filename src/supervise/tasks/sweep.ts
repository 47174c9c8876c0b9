import { tasksPerCall } from '../../core/task/tasks-per-call.ts';
import { linkAbort } from '../../kernel/abort.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import { ask } from './ask.ts';
import type { BatchFacts, SupervisorPorts, TaskBatch } from './task-batch.ts';
import { Sight } from './sight.ts';

const longestBackoffMs = 60_000;

/**
 * A round of a cluster whose events arrive: the sweep only finds what an event missed (worker.md
 * 0.3).
 */
const trustedRoundMs = 60_000;

/**
 * Describes all tasks of a batch, round after round, until the batch is empty. The task with the
 * shortest poll interval sets the pace, within the shared call budget. While events arrive
 * reliably, a round is one a minute. A failing cluster delays only its own batch, and tasks of a
 * failed call are asked for in the next round.
 */
export async function sweep(
  batch: TaskBatch,
  ports: SupervisorPorts,
  signal: AbortSignal,
): Promise<void> {
  const sight = new Sight(batch, ports);
  let failures = 0;
  let begunMs = ports.clock.monotonicMs();
  try {
    for (;;) {
      const facts = batch.facts(); // one pass over the tasks serves both
      if (facts.taskArns.length === 0) return;
      await pause(facts, batch.cluster, ports, { begunMs, failures }, signal);
      begunMs = ports.clock.monotonicMs();
      const failed = await sweepOnce(batch, sight, ports, signal);
      failures = failed ? failures + 1 : 0;
    }
  } finally {
    sight.close();
  }
}

/** Waits for the next round. */
async function pause(
  { intervalMs, startDeadlineMs }: BatchFacts,
  cluster: string,
  { clock, random, reliability }: SupervisorPorts,
  { begunMs, failures }: { readonly begunMs: number; readonly failures: number },
  signal: AbortSignal,
): Promise<void> {
  if (failures > 0) {
    const firstMs = Math.max(1_000, intervalMs);
    return clock.sleep(exponentialMs(failures, firstMs, longestBackoffMs, random), signal);
  }
  const nowMs = clock.monotonicMs();
  const takenMs = nowMs - begunMs;
  const { listening } = reliability;
  if (listening === undefined || intervalMs >= trustedRoundMs || !reliability.isReliable(cluster))
    return clock.sleep(Math.max(0, intervalMs - takenMs), signal);
  const deadlineInMs = startDeadlineMs - nowMs + 1;
  using nap = linkAbort(signal, listening);
  try {
    await clock.sleep(
      Math.min(trustedRoundMs, Math.max(intervalMs, deadlineInMs)) - takenMs,
      nap.signal,
    );
  } catch {
    // not aborted: events have stopped arriving, so the next round begins at once
    signal.throwIfAborted();
  }
}

/** Returns whether a call of the round failed. */
async function sweepOnce(
  batch: TaskBatch,
  sight: Sight,
  ports: SupervisorPorts,
  signal: AbortSignal,
): Promise<boolean> {
  const { taskArns } = batch.facts();
  const begunMs = ports.clock.monotonicMs();
  const untold: string[] = [];
  let error: Error | undefined;
  for (let at = 0; at < taskArns.length; at += tasksPerCall) {
    const asked = taskArns.slice(at, at + tasksPerCall);
    const failure = await ask(asked, batch, ports, signal);
    if (failure === undefined) continue;
    error = failure;
    untold.push(...asked);
  }
  if (error === undefined) sight.seen();
  else sight.failed(error, untold, begunMs);
  return error !== undefined;
}
