import { describe, expect, it } from 'vitest';
import { claimMessage } from '../../core/claim/claim-record.ts';
import { aState, another, me } from '../../core/claim/histories.test-support.ts';
import { proposalOf } from '../../core/prefect/proposal.ts';
import type { State } from '../../core/prefect/state.ts';
import { loggerOver } from '../../kernel/console-logger.ts';
import { leftOutKey } from '../../kernel/json.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { atOnce, sendOver, writeBack } from './act.ts';
import { ARun, never, runId } from './a-run.test-support.ts';
import { proposeCancelled } from './cancelled.ts';
import { proposeCrashed } from './crashed.ts';
import type { Look } from './look.ts';
import { reclaim, restoreHidden } from './overwritten-state.ts';
import { giveBack, scheduleAgain } from './schedule-again.ts';

const scheduled = aState('SCHEDULED', 'Scheduled');
const claim = aState('PENDING', 'Pending', {
  message: claimMessage({ workerName: 'w', processId: me }, undefined),
});
const running = aState('RUNNING', 'Running');
const data = { storage_key: 'result' };
const completed = aState('COMPLETED', 'Completed', { data, message: 'All states completed.' });
const submitting = aState('PENDING', 'Submitting');
const actor = { launchId: claim.transitionId ?? '', processId: me };
const reclaimId = '55555555-5555-4555-8555-555555555555';
const act = {
  actor,
  line: atOnce,
  log: silentLogger,
  message: 'why',
  transitionId: '44444444-4444-4444-8444-444444444444',
};

async function lookedAt(
  states: readonly State[],
): Promise<{ readonly run: ARun; readonly look: Look }> {
  const run = new ARun(states, me);
  const look = await run.looks.untilAgreed(runId, never);
  if (look === undefined) throw new Error('there is no run');
  return { run, look };
}

describe('Acts', () => {
  it('An act that the look allows is sent', async () => {
    const { run, look } = await lookedAt([scheduled, claim, running]);

    expect(await proposeCrashed(look, act, run.ports, never)).toEqual({ kind: 'done' });
    expect(run.proposed).toMatchObject([{ type: 'CRASHED', message: 'why', force: false }]);
  });

  it('An act that its row refuses is not sent', async () => {
    const { run, look } = await lookedAt([scheduled, claim, completed]);

    expect((await proposeCrashed(look, act, run.ports, never)).kind).toBe('refused');
    expect(
      (await proposeCancelled(look, { ...act, noTaskLives: 'stopped' }, run.ports, never)).kind,
    ).toBe('refused');
    expect((await restoreHidden(look, act, run.ports, never)).kind).toBe('refused');
    expect((await giveBack(look, act, run.ports, never)).kind).toBe('refused');
    expect(
      await reclaim(look, { launchId: reclaimId, log: silentLogger }, run.ports, never),
    ).toBeUndefined();
    expect(run.proposed).toEqual([]);
  });

  it('An act whose look became too old while it waited for its turn is not sent', async () => {
    const { run, look } = await lookedAt([scheduled, claim, running]);
    const line = {
      final: async <T>(propose: () => Promise<T>): Promise<T> => {
        await run.clock.elapse(5_001);
        return propose();
      },
    };

    expect(await proposeCrashed(look, { ...act, line }, run.ports, never)).toEqual({
      kind: 'stale',
    });
    expect(run.proposed).toEqual([]);
  });

  it('An act that overwrote a Completed is undone, and the Completed keeps its result', async () => {
    const { run, look } = await lookedAt([scheduled, claim, running]);
    const { answer } = run;
    run.answer = (proposal) => {
      if (run.proposed.length === 1) run.states.push(completed);
      return answer(proposal);
    };

    await proposeCrashed(look, act, run.ports, never);

    expect(run.proposed[1]).toMatchObject({
      type: 'COMPLETED',
      message: completed.message,
      data,
      force: true,
    });
  });

  it('An act that a later state has overwritten is left alone', async () => {
    const { run, look } = await lookedAt([scheduled, claim, running]);
    const { answer } = run;
    run.answer = async (proposal) => {
      const answered = await answer(proposal);
      run.states.push(aState('SCHEDULED', 'AwaitingRetry'));
      return answered;
    };

    await proposeCrashed(look, act, run.ports, never);

    expect(run.proposed).toHaveLength(1);
  });

  it('An act that overwrote a claim restores it, unforced, with its own launch id', async () => {
    const { run, look } = await lookedAt([scheduled, claim, running]);
    const theirs = aState('PENDING', 'Pending', { message: 'Claimed' });
    const { answer } = run;
    run.answer = (proposal) => {
      if (run.proposed.length === 1) run.states.push(aState('FAILED', 'Failed'), scheduled, theirs);
      return answer(proposal);
    };

    await proposeCrashed(look, act, run.ports, never);

    expect(run.proposed[1]).toMatchObject({
      type: 'PENDING',
      transitionId: theirs.transitionId,
      force: false,
    });
  });

  it('An act whose answer was lost is checked a minute later, and undone if it came too late', async () => {
    const { run, look } = await lookedAt([scheduled, claim, running]);
    const { answer } = run;
    run.answer = () => Promise.reject(new Error('reset'));
    await expect(proposeCrashed(look, act, run.ports, never)).rejects.toThrow('reset');
    run.answer = answer;
    const stop = new AbortController();
    const checking = run.lateChecks.run(stop.signal).catch(() => undefined);
    run.states.push(completed);
    await answer({
      type: 'CRASHED',
      name: 'Crashed',
      message: 'why',
      transitionId: act.transitionId,
      force: false,
    });

    await run.clock.elapse(70_000);
    stop.abort(new Error('over'));
    await checking;

    expect(run.states.at(-1)).toMatchObject({ type: 'COMPLETED', data });
    expect(run.lateChecks.waiting).toBe(0);
  });

  it('An act that the server refuses returns the reason; one accepted before counts as done', async () => {
    const { run, look } = await lookedAt([scheduled, claim, running]);
    run.answer = () =>
      Promise.resolve({ kind: 'aborted', reason: 'Run is already in terminal state FAILED.' });
    expect(await proposeCrashed(look, act, run.ports, never)).toEqual({
      kind: 'refused',
      why: 'Run is already in terminal state FAILED.',
    });
    run.answer = () => Promise.resolve({ kind: 'not-found' });
    expect((await proposeCrashed(look, act, run.ports, never)).kind).toBe('refused');
    const state = { ...running, transitionId: act.transitionId };
    run.answer = () => Promise.resolve({ kind: 'rejected', state, reason: 'already made' });

    expect(await proposeCrashed(look, act, run.ports, never)).toEqual({ kind: 'done' });
  });

  it('An act that the server delays waits that long and then needs another look', async () => {
    const { run, look } = await lookedAt([scheduled, claim, running]);
    run.answer = () => {
      void Promise.resolve().then(() => run.clock.elapse(3_000));
      return Promise.resolve({ kind: 'wait', delaySeconds: 3, reason: 'busy' });
    };
    const proposal = proposalOf('CRASHED', { transitionId: act.transitionId });

    expect(await sendOver(look, proposal, act, run.ports, never)).toEqual({ kind: 'stale' });
  });
});

describe('Final states that late progress hides', () => {
  it('A hidden final state is restored with all that it carried', async () => {
    const { run, look } = await lookedAt([scheduled, claim, completed, submitting]);

    await restoreHidden(look, act, run.ports, never);

    expect(run.proposed).toMatchObject([
      { type: 'COMPLETED', name: 'Completed', message: completed.message, data, force: true },
    ]);
  });

  it('A hidden final state whose result was too large to read is not restored', async () => {
    const large = aState('COMPLETED', 'Completed', {
      data: { value: [{ [leftOutKey]: 16_000_000 }] },
    });
    const { run, look } = await lookedAt([scheduled, claim, running, large, submitting]);
    const said: string[] = [];
    const log = loggerOver((level, message) => said.push(`${level} ${message}`), {});

    expect((await restoreHidden(look, { ...act, log }, run.ports, never)).kind).toBe('refused');
    await writeBack(runId, large, log, run.ports, never);
    expect(run.proposed).toEqual([]);
    expect(said).toHaveLength(2);
    expect(said.every((line) => /^error .*the result of Completed is too large/.test(line))).toBe(
      true,
    );
  });

  it('A hidden final state is restored only by the process that follows the run', async () => {
    const run = new ARun([scheduled, claim, completed, submitting], me);
    run.follower = { launchId: actor.launchId, processId: another };
    const look = await run.looks.untilAgreed(runId, never);

    expect(look && (await restoreHidden(look, act, run.ports, never))).toMatchObject({
      kind: 'refused',
    });
  });
});

describe('Claims over late progress', () => {
  const history = [scheduled, claim, aState('FAILED', 'Failed'), scheduled, submitting];

  it('A claim over late progress counts if it is the first in the history once no other can arrive', async () => {
    const { run, look } = await lookedAt(history);
    const claimed = reclaim(look, { launchId: reclaimId, log: silentLogger }, run.ports, never);
    await run.clock.elapse(4_999);
    expect(run.reads.runs).toBe(3); // the look, and the fresh one afterwards
    await run.clock.elapse(1);

    expect(await claimed).toMatchObject({
      claim: { launchId: run.proposed[0]?.transitionId, record: { processId: me } },
    });
  });

  it('Where the server accepts no name over PENDING, the run is rescheduled, due only after every look', async () => {
    const { run, look } = await lookedAt(history);
    const { answer } = run;
    run.answer = async (proposal) =>
      proposal.type === 'PENDING'
        ? { kind: 'aborted', reason: 'in a PENDING state' }
        : answer(proposal);

    expect(await reclaim(look, { launchId: reclaimId, log: silentLogger }, run.ports, never)).toBe(
      'scheduled-again',
    );
    expect(run.proposed.slice(1)).toMatchObject([
      { type: 'SCHEDULED', force: false, details: { scheduled_time: '2030-01-01T00:00:30.000Z' } },
    ]);
  });

  it('A claim over late progress refused because the run went on changes nothing', async () => {
    const { run, look } = await lookedAt(history);
    run.answer = async () => {
      run.states.push(running);
      return { kind: 'aborted', reason: 'the run is RUNNING' };
    };

    expect(
      await reclaim(look, { launchId: reclaimId, log: silentLogger }, run.ports, never),
    ).toBeUndefined();
    expect(run.proposed).toHaveLength(1);
  });

  it('A claim over late progress listed behind another does not count, and the other is not restored', async () => {
    const { run, look } = await lookedAt(history);
    const { answer } = run;
    run.answer = (proposal) => {
      run.states.push(aState('PENDING', 'AwaitingCapacity 1'));
      return answer(proposal);
    };
    const claimed = reclaim(look, { launchId: reclaimId, log: silentLogger }, run.ports, never);
    await run.clock.elapse(5_000);

    expect(await claimed).toBeUndefined();
    expect(run.proposed).toHaveLength(1);
  });
});

describe('Rescheduled runs', () => {
  it('A run is rescheduled without force, and due only after every look', async () => {
    const { run, look } = await lookedAt([scheduled, claim]);

    expect(await giveBack(look, act, run.ports, never)).toEqual({ kind: 'done' });
    expect(run.proposed).toMatchObject([
      { type: 'SCHEDULED', force: false, details: { scheduled_time: '2030-01-01T00:00:30.000Z' } },
    ]);
  });

  it('A claim is given back only on a look of at most two seconds', async () => {
    const { run, look } = await lookedAt([scheduled, claim]);
    await run.clock.elapse(2_001);

    expect(await giveBack(look, act, run.ports, never)).toEqual({ kind: 'stale' });
  });

  it('A run whose process waited for its own retry is crashed before it is rescheduled', async () => {
    const { run, look } = await lookedAt([scheduled, claim, running]);
    Object.assign(look.flowRun, { retryType: 'in_process' });

    await scheduleAgain(look, act, run.ports, never);

    expect(run.proposed.map(({ type, force }) => [type, force])).toEqual([
      ['CRASHED', false],
      ['SCHEDULED', false],
    ]);
  });
});
