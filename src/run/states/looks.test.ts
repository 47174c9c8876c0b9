import { describe, expect, it } from 'vitest';
import { aState, me } from '../../core/claim/histories.test-support.ts';
import { ARun, never, runId } from './a-run.test-support.ts';

const scheduled = aState('SCHEDULED', 'Scheduled');
const claim = aState('PENDING', 'Pending');
const running = aState('RUNNING', 'Running');

describe('Looks', () => {
  it('A look is a history and a run that agree on the id of the present state', async () => {
    const run = new ARun([scheduled, claim, running], me);

    const answer = await run.looks.look(runId, never);

    expect(answer).toMatchObject({
      kind: 'look',
      look: { present: running, claim: { launchId: claim.transitionId } },
    });
    expect(run.reads).toEqual({ histories: 1, runs: 1 });
  });

  it('A look is renewed by the run alone as long as its present state is the same', async () => {
    const run = new ARun([scheduled, claim], me);
    await run.looks.look(runId, never);
    await run.looks.look(runId, never);
    expect(run.reads).toEqual({ histories: 1, runs: 2 });

    run.states.push(running);
    expect(await run.looks.look(runId, never)).toMatchObject({ look: { present: running } });
    expect(run.reads.histories).toBe(2);

    run.looks.forget(runId);
    await run.looks.look(runId, never);
    expect(run.reads.histories).toBe(3);
  });

  it('A look lists the present state last even if two states written at once are listed in reverse', async () => {
    const run = new ARun([scheduled, claim, running], me);
    run.listed = () => [scheduled, running, claim];

    const answer = await run.looks.look(runId, never);

    expect(answer).toMatchObject({
      kind: 'look',
      look: { history: [scheduled, claim, running], present: running },
    });
    expect(run.reads.histories).toBe(2);
  });

  it('A look does not agree while a lagging replica lacks the present state', async () => {
    const run = new ARun([scheduled, claim, running], me);
    run.listed = () => [scheduled, claim];

    expect(await run.looks.look(runId, never)).toEqual({ kind: 'not-agreed' });
    expect(run.reads.histories).toBe(3);
  });

  it('A look that does not agree is repeated every ten seconds', async () => {
    const run = new ARun([scheduled, claim, running], me);
    run.listed = () => [scheduled, claim];
    const looked = run.looks.untilAgreed(runId, never);
    await run.clock.elapse(9_000);
    run.listed = undefined;
    await run.clock.elapse(1_000);

    expect((await looked)?.present).toBe(running);
  });

  it('A deleted run has no look', async () => {
    const run = new ARun([scheduled], me);
    await run.looks.look(runId, never);
    run.exists = false;

    expect(await run.looks.look(runId, never)).toEqual({ kind: 'gone' });
    run.looks.forget(runId);
    expect(await run.looks.look(runId, never)).toEqual({ kind: 'gone' });
    expect(await run.looks.untilAgreed(runId, never)).toBeUndefined();
  });

  it('A look is good for 5 s, or with a slow Prefect three times its duration, at most a minute', async () => {
    const goodFor = async (readMs: number): Promise<readonly number[]> => {
      const run = new ARun([scheduled], me);
      run.readMs = readMs;
      const look = await run.looks.untilAgreed(runId, never);
      return [look?.goodForMs ?? 0, run.looks.settlingMs];
    };

    expect(await goodFor(100)).toEqual([5_000, 5_000]);
    expect(await goodFor(2_000)).toEqual([12_000, 12_000]);
    expect(await goodFor(40_000)).toEqual([60_000, 60_000]);
  });

  it('The settling time is as long as Prefect was recently slow', async () => {
    const run = new ARun([scheduled], me);
    run.readMs = 2_000;
    await run.looks.untilAgreed(runId, never);
    run.readMs = 0;
    expect(run.looks.settlingMs).toBe(12_000);
    await run.clock.elapse(61_000);

    expect(run.looks.settlingMs).toBe(5_000);
  });
});
