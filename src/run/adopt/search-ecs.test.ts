import { describe, expect, it } from 'vitest';
import { startedByFor } from '../../core/claim/launch-mark.ts';
import { latestClaim, olderClaims } from '../../core/claim/claims.ts';
import { aState } from '../../core/claim/histories.test-support.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { speaksFor } from './search-ecs.ts';

const flowRunId = '99999999-9999-4999-8999-999999999999';
const claim = aState('PENDING', 'Pending', { timestamp: '2026-01-01T00:00:00Z' });
const cancelled = aState('CANCELLED', 'Cancelled', { timestamp: '2026-01-01T00:00:10Z' });
const laterClaim = aState('PENDING', 'Pending', { timestamp: '2026-01-01T00:10:00Z' });
const history = [claim, cancelled, aState('SCHEDULED', 'AwaitingRetry'), laterClaim];

/** A task as a Python worker launches it: without our mark. */
function unmarked(createdAt: string | undefined): EcsTask {
  return aTask({ createdAt: createdAt === undefined ? undefined : new Date(createdAt) });
}

function aTask(changes: Partial<EcsTask>): EcsTask {
  // This test needs no other fields of a task.
  return { taskArn: 'arn', tags: { 'prefect.io/flow-run-id': flowRunId }, ...changes } as EcsTask;
}

describe('Tasks and the claims they belong to', () => {
  const [older] = olderClaims(history, {});
  const latest = latestClaim(history);

  it.each<[string, EcsTask, 'older' | 'latest' | 'neither']>([
    [
      'An unmarked task created after the retry belongs to the latest claim',
      unmarked('2026-01-01T00:10:05Z'),
      'latest',
    ],
    [
      'An unmarked task certainly older than the retry belongs to the older claim',
      unmarked('2026-01-01T00:00:05Z'),
      'older',
    ],
    [
      'An unmarked task older only by possible clock skew belongs to the latest claim',
      unmarked('2026-01-01T00:09:30Z'),
      'latest',
    ],
    [
      'A task with its template’s own startedBy never belongs to an older claim, by no age',
      aTask({ startedBy: 'nightly', createdAt: new Date('2026-01-01T00:00:05Z') }),
      'neither',
    ],
    ['An unmarked task without an age belongs to the latest claim', unmarked(undefined), 'latest'],
    [
      'A marked task belongs to the claim of its mark, whatever its age',
      aTask({
        startedBy: startedByFor({ flowRunId, launchId: claim.transitionId ?? '', attempt: 1 }),
      }),
      'older',
    ],
  ])('%s', (_how, task, whose) => {
    const speaks = (claimHistory: typeof older): boolean =>
      claimHistory !== undefined &&
      speaksFor(task, { flowRunId, history: claimHistory, isPending: true });

    expect({ older: speaks(older), latest: speaks(latest) }).toEqual({
      older: whose === 'older',
      latest: whose === 'latest',
    });
  });
});
