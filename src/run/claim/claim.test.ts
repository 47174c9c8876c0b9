import { noRails } from '../../core/guard/guard-rails.test-support.ts';
import { describe, expect, it } from 'vitest';
import { claimMessage } from '../../core/claim/claim-record.ts';
import { FlowRun } from '../../core/prefect/flow-run.ts';
import type { ProposalAnswer, StateProposal } from '../../core/prefect/proposal.ts';
import type { State, StateType } from '../../core/prefect/state.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { Look } from '../states/look.ts';
import { claimRun, type Claim, type ClaimPorts } from './claim.ts';

const never = new AbortController().signal;
const launchId = '11111111-1111-4111-8111-111111111111';
const place = { cluster: 'dev', account: '111122223333', region: 'eu-west-1' };

function state(type: StateType, transitionId?: string): State {
  return {
    id: `${type} ${transitionId}`,
    type,
    name: type.charAt(0) + type.slice(1).toLowerCase(),
    message: undefined,
    timestamp: undefined,
    transitionId,
    deploymentConcurrencyLeaseId: undefined,
    data: undefined,
    details: {},
  };
}

const aRun = (changes: Record<string, unknown> = {}): FlowRun =>
  FlowRun.parse({
    id: 'run-1',
    name: 'nightly',
    flow_id: 'flow-1',
    state_type: 'SCHEDULED',
    state_name: 'Late',
    ...changes,
  });

interface World {
  readonly seen?: FlowRun | undefined;
  readonly answer: () => Promise<ProposalAnswer>;
  readonly history?: () => Promise<readonly State[]>;
  /** How long Prefect takes to answer the claim. */
  readonly answeredAfterMs?: number;
}

/** Claims against the given answers; returns what came of it and what was proposed. */
async function claimIn(
  world: World,
): Promise<{ readonly claim: Claim; readonly proposed: readonly StateProposal[] }> {
  const clock = new ManualClock();
  const proposed: StateProposal[] = [];
  let historyReads = 0;
  const ports: ClaimPorts = {
    clock,
    random: { next: () => 0.5, uuid: () => launchId },
    worker: () => ({
      name: 'w',
      processId: 'process-1',
      backendId: undefined,
      prefectVersion: '3.8.8',
    }),
    settings: () => {
      const none = 0;
      return {
        passedOn: {},
        environment: {},
        defaultImage: '',
        tagBlanks: 'keep',
        registerAttempts: none,
        registerInitialDelaySeconds: none,
        registerMaxDelaySeconds: none,
        createTaskRunAttempts: none,
        createTaskRunMinDelaySeconds: none,
        createTaskRunMinDelayJitterSeconds: none,
        createTaskRunMaxDelayJitterSeconds: none,
        prefetchSeconds: 10,
        cancelGraceSeconds: none,
        unfoundTaskTimeoutSeconds: none,
        forwardCrashedRunLogs: false,
        forwardCrashedRunLogsMaxEvents: none,
        streamOutputToRunLogs: false,
        capacityTimeoutSeconds: none,
        capacityWaitShare: none,
        capacityLadder: { rungs: [], failuresPerRung: 1 },
        relaunchFailedStarts: false,
        allowsUnknownAwsFields: false,
        guardRails: noRails,
      };
    },
    flowRuns: {
      read: () =>
        Promise.resolve({
          flowRun: 'seen' in world ? world.seen : aRun(),
          askedAtMs: clock.monotonicMs(),
        }),
    },
    prefect: {
      proposeState: async (_id, proposal) => {
        proposed.push(proposal);
        if (proposed.length > 1) return { kind: 'accepted', state: state(proposal.type) };
        if (world.answeredAfterMs !== undefined) await clock.elapse(world.answeredAfterMs);
        const answer = await world.answer();
        if (answer.kind === 'wait')
          void Promise.resolve().then(() => clock.elapse(answer.delaySeconds * 1000));
        return answer;
      },
    },
    looks: {
      untilAgreed: async () => {
        historyReads += 1;
        const history = (await world.history?.()) ?? [];
        const present = history.at(-1) ?? state('SCHEDULED');
        const parts = {
          flowRun: aRun(),
          history,
          present,
          sentAtMs: clock.monotonicMs(),
          tookMs: 0,
        };
        return new Look(parts, () => 'undecided');
      },
    },
    voidClaims: { takenBack: () => undefined },
  };
  const claim = await claimRun(aRun(), place, ports, silentLogger, never);
  expect(historyReads).toBeLessThanOrEqual(1);
  return { claim, proposed };
}

const accepts = (): Promise<ProposalAnswer> =>
  Promise.resolve({ kind: 'accepted', state: state('PENDING', launchId) });
const scheduled = state('SCHEDULED');

describe('Claims', () => {
  it('A claim is a Pending state with the launch id, and its message names owner and place', async () => {
    const { claim, proposed } = await claimIn({ answer: accepts });

    expect(claim).toMatchObject({ kind: 'claimed', launchId });
    expect(proposed).toEqual([
      {
        type: 'PENDING',
        name: undefined,
        transitionId: launchId,
        force: false,
        message: "Claimed by worker 'w' (process-1) for cluster 'dev' in 111122223333/eu-west-1.",
      },
    ]);
  });

  it('A claim names no place when the preparation failed', () => {
    expect(claimMessage({ workerName: 'w', processId: 'p' }, undefined)).toBe(
      "Claimed by worker 'w' (p).",
    );
  });

  it.each([
    ['is gone', undefined],
    ['has failed meanwhile', aRun({ state_type: 'FAILED', state_name: 'Failed' })],
    ['is pending elsewhere', aRun({ state_type: 'PENDING', state_name: 'Pending' })],
    ['is retried by its own process', aRun({ empirical_policy: { retry_type: 'in_process' } })],
    ['is scheduled for later', aRun({ next_scheduled_start_time: '2030-01-01T00:00:11Z' })],
  ])('A run that %s is not claimed', async (_what, seen) => {
    const { claim, proposed } = await claimIn({ seen, answer: accepts });

    expect(claim.kind).toBe('refused');
    expect(proposed).toEqual([]);
  });

  it('A run that is due within the prefetch is claimed', async () => {
    const seen = aRun({ next_scheduled_start_time: '2030-01-01T00:00:09Z' });

    expect((await claimIn({ seen, answer: accepts })).claim.kind).toBe('claimed');
  });

  it('A claim whose answer was lost is recognised when its repetition is rejected', async () => {
    const answer = (): Promise<ProposalAnswer> =>
      Promise.resolve({
        kind: 'rejected',
        state: state('PENDING', launchId),
        reason: 'already made',
      });

    expect((await claimIn({ answer })).claim.kind).toBe('claimed');
  });

  it('A claim whose answers were all lost is found in the history', async () => {
    const lost = (): Promise<ProposalAnswer> => Promise.reject(new Error('reset'));
    const found = await claimIn({
      answer: lost,
      history: () => Promise.resolve([scheduled, state('PENDING', launchId)]),
    });
    const absent = await claimIn({ answer: lost, history: () => Promise.resolve([scheduled]) });
    const unknown = await claimIn({
      answer: lost,
      history: () => Promise.reject(new Error('down')),
    });

    expect([found.claim.kind, absent.claim.kind, unknown.claim.kind]).toEqual([
      'claimed',
      'unknown',
      'unknown',
    ]);
  });

  it('A run that another worker claimed first is refused', async () => {
    const aborted = (): Promise<ProposalAnswer> =>
      Promise.resolve({ kind: 'aborted', reason: 'PENDING already' });
    const history = (): Promise<readonly State[]> =>
      Promise.resolve([scheduled, state('PENDING', 'theirs')]);

    expect((await claimIn({ answer: aborted, history })).claim).toEqual({
      kind: 'refused',
      reason: 'PENDING already',
    });
  });

  it('A late claim over a final state restores that state and launches nothing', async () => {
    const { claim, proposed } = await claimIn({
      answer: accepts,
      answeredAfterMs: 5_001,
      history: () => Promise.resolve([scheduled, state('COMPLETED'), state('PENDING', launchId)]),
    });

    expect(claim.kind).toBe('refused');
    expect(proposed[1]).toMatchObject({ type: 'COMPLETED', force: true });
  });

  it('A late claim over a process waiting for its own retry is undone without force', async () => {
    const retry = { ...state('SCHEDULED', 'retry'), name: 'AwaitingRetry' };
    const { claim, proposed } = await claimIn({
      answer: accepts,
      answeredAfterMs: 5_001,
      history: () =>
        Promise.resolve([scheduled, state('RUNNING'), retry, state('PENDING', launchId)]),
    });

    expect(claim).toEqual({
      kind: 'refused',
      reason: 'the run was AwaitingRetry when it was claimed',
    });
    expect(proposed[1]).toMatchObject({ type: 'SCHEDULED', name: 'AwaitingRetry', force: false });
  });

  it('A late claim over a scheduled state stands', async () => {
    const history = (): Promise<readonly State[]> =>
      Promise.resolve([scheduled, state('PENDING', launchId)]);

    expect((await claimIn({ answer: accepts, answeredAfterMs: 5_001, history })).claim.kind).toBe(
      'claimed',
    );
  });

  it('A claim that the server delays is proposed again, unchanged, after that time', async () => {
    const wait = (): Promise<ProposalAnswer> =>
      Promise.resolve({ kind: 'wait', delaySeconds: 3, reason: 'busy' });

    const { claim, proposed } = await claimIn({ answer: wait });

    expect(claim.kind).toBe('claimed');
    expect(proposed[1]).toEqual(proposed[0]);
  });
});
