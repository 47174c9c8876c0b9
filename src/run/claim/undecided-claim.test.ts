import { describe, expect, it } from 'vitest';
import { claimMessage } from '../../core/claim/claim-record.ts';
import { aState, another, me } from '../../core/claim/histories.test-support.ts';
import type { State } from '../../core/prefect/state.ts';
import { ARun, never, runId } from '../states/a-run.test-support.ts';
import { untilClaimDecided } from './undecided-claim.ts';

const scheduled = aState('SCHEDULED', 'Scheduled');
const claim = aState('PENDING', 'Pending', {
  message: claimMessage({ workerName: 'w', processId: me }, undefined),
});
const launchId = claim.transitionId ?? '';

/** Whether the claim is decided after a number of seconds. */
function waiting(states: readonly State[]) {
  const run = new ARun(states, me);
  let isDecided = false;
  void untilClaimDecided({ flowRunId: runId, launchId }, run.ports, never).then(
    () => (isDecided = true),
  );
  const after = async (seconds: number): Promise<boolean> => {
    await run.clock.elapse(seconds * 1000);
    return isDecided;
  };
  return { run, after };
}

describe('Unanswered claims', () => {
  it('An unanswered claim is waited for while it may still arrive', async () => {
    const { after } = waiting([scheduled]);

    expect(await after(59)).toBe(false);
    expect(await after(11)).toBe(true);
  });

  it('An unanswered claim that arrived holds its slot until its run is adopted here or over', async () => {
    const { run, after } = waiting([scheduled, claim]);

    expect(await after(600)).toBe(false);
    run.states.push(aState('COMPLETED', 'Completed'));
    expect(await after(10)).toBe(true);
  });

  it('An unanswered claim that another process adopted is no longer waited for', async () => {
    const { run, after } = waiting([scheduled, claim]);
    await after(20);
    run.follower = { launchId, processId: another };

    expect(await after(20)).toBe(true);
  });

  it('An unanswered claim of a deleted run is not waited for', async () => {
    const { run, after } = waiting([scheduled]);
    run.exists = false;

    expect(await after(20)).toBe(true);
  });

  it('An unanswered claim is waited for while Prefect does not answer', async () => {
    const { run, after } = waiting([scheduled]);
    run.listed = () => {
      throw new Error('Prefect is ill');
    };

    expect(await after(300)).toBe(false);
    expect(run.reads.histories).toBe(6); // at growing intervals: there may be many such claims
    run.listed = undefined;
    expect(await after(10)).toBe(true);
  });
});
