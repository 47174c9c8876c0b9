import { recordsPerPage } from '../core/prefect/page.ts';
import { parseFollower, followerLabel, followerText } from '../core/claim/claim-record.ts';
import type { FlowRunHead } from '../core/prefect/flow-run-head.ts';
import { jitteredMs } from '../kernel/backoff.ts';
import { Nap } from '../kernel/nap.ts';
import { toError } from '../kernel/errors.ts';
import { Outage, usualPace } from '../kernel/outage.ts';
import { ownerOf } from '../run/ports/worker-identity.ts';
import type { RunPorts } from '../run/run-context.ts';
import type { WorkerOptions } from './worker-ports.ts';

const jitter = 0.3;

/**
 * How often all active runs are read, whatever the socket reports: it can be connected and silent,
 * and a cancellation would never arrive (worker.md 11.3).
 */
const safetyLookMs = 5 * 60_000;

/**
 * Looks at all active runs: every five minutes whatever the socket reports, and more often while
 * there is no socket. Finds cancellations, runs that another process follows, and lost labels. No
 * answer ends the loop.
 */
export async function safetyLoop(
  options: WorkerOptions,
  ports: RunPorts,
  isTold: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = ports;
  const nap = new Nap();
  let hasLetGo = false;
  using _ears = ports.active.whenLetGo(() => {
    hasLetGo = true; // the new follower has judged us dead and may have adopted more of our runs
    nap.reconsider();
  });
  const what = { what: 'Checking the active flow runs for cancellation', calls: 'looks' };
  const outage = new Outage(
    { ...what, advice: 'Cancellations are noticed late.' },
    { clock, log: ports.workerLog },
  );
  let lookedMs = clock.monotonicMs();
  for (;;) {
    const pollMs = jitteredMs(options.cancellationPollSeconds * 1000, jitter, ports.random);
    const pollAtMs = clock.monotonicMs() + pollMs;
    const dueMs = (): number => (hasLetGo ? 0 : Math.min(pollAtMs, lookedMs + safetyLookMs));
    await nap.until(dueMs, clock, signal);
    // the same sum as in dueMs: any other could differ by a rounding error
    const isDue = hasLetGo || clock.monotonicMs() >= lookedMs + safetyLookMs;
    hasLetGo = false;
    if (!isDue && (isTold() || !options.enableCancellation)) continue;
    const begunMs = clock.monotonicMs();
    try {
      if (isDue) lookedMs = clock.monotonicMs();
      await lookAtAll(
        isDue ? {} : { stateTypes: ['CANCELLING', 'CANCELLED'] },
        options,
        ports,
        signal,
      );
      outage.succeeded();
    } catch (error) {
      signal.throwIfAborted();
      outage.failed(toError(error), usualPace, begunMs);
    }
  }
}

async function lookAtAll(
  narrowed: { readonly stateTypes?: readonly string[] },
  options: WorkerOptions,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<void> {
  const ids = ports.active.flowRunIds;
  const unlabelled: FlowRunHead[] = [];
  for (let at = 0; at < ids.length; at += recordsPerPage) {
    const asked = { ...narrowed, ids: ids.slice(at, at + recordsPerPage) };
    await ports.prefect.listFlowRuns(
      asked,
      (head) => look(head, options, ports, unlabelled),
      signal,
    );
  }
  for (const head of unlabelled) await writeLabelAgain(head, ports, signal);
}

function look(
  head: FlowRunHead,
  { enableCancellation }: WorkerOptions,
  { active, worker }: RunPorts,
  unlabelled: FlowRunHead[],
): void {
  const isCancelled = head.stateType === 'CANCELLING' || head.stateType === 'CANCELLED';
  if (isCancelled && enableCancellation) active.askToCancel(head.id);
  const follower = parseFollower(head.labels);
  const launchIds = active.launchIdsOf(head.id);
  if (launchIds.length === 0 || !head.hasLabels) return;
  if (follower === undefined || !launchIds.includes(follower.launchId)) unlabelled.push(head);
  else if (follower.processId !== worker().processId) active.letGo(head.id, follower.launchId);
}

/**
 * Writes a label again: of two concurrent label writes, one can be lost (worker.md 0.4.12). A label
 * of another claim can also be correct, namely that of a newer claim while an old task is stopping
 * here.
 */
async function writeLabelAgain(
  { id }: FlowRunHead,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<void> {
  const latest = await ports.looks.untilAgreed(id, signal);
  const launchId = latest?.claim?.launchId;
  if (
    latest === undefined ||
    launchId === undefined ||
    !ports.active.launchIdsOf(id).includes(launchId)
  )
    return;
  if (parseFollower(latest.flowRun.labels)?.launchId === launchId) return;
  const label = { [followerLabel]: followerText(launchId, ownerOf(ports.worker())) };
  await ports.prefect.updateLabels(id, label, signal);
}
