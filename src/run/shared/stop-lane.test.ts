import { describe, expect, it } from 'vitest';
import { loggerOver } from '../../kernel/console-logger.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { StopLane } from './stop-lane.ts';

const never = new AbortController().signal;
const notAuthorized = new Error('not authorized to perform: ecs:StopTask');
const task = (at: number, key = 'one', clusterArn = 'cluster') => ({
  clusterArn,
  taskArn: `task-${at}`,
  session: { key },
});

function aLane() {
  const clock = new ManualClock();
  const lines: string[] = [];
  const log = loggerOver((level, message) => {
    if (level !== 'debug') lines.push(`${level} ${message}`);
  }, {});
  return { clock, lines, lane: new StopLane({ clock, log }) };
}

/** How long each of these waits for its turn, in milliseconds. */
async function waits(
  lane: StopLane,
  clock: ManualClock,
  tasks: readonly ReturnType<typeof task>[],
) {
  const startedMs = clock.monotonicMs();
  const waited: number[] = [];
  const turns = tasks.map(async (one, at) => {
    await lane.turn(one, never);
    waited[at] = clock.monotonicMs() - startedMs;
  });
  await clock.elapse(60_000);
  await Promise.all(turns);
  return waited;
}

describe('The stop lane', () => {
  it('The first stop of a task goes at once, even after two denials in its cluster or three elsewhere', async () => {
    const { clock, lane } = aLane();
    lane.denied(task(1), notAuthorized);
    lane.denied(task(2), notAuthorized);
    lane.denied(task(1, 'one', 'another cluster'), notAuthorized);

    expect(await waits(lane, clock, [task(3), task(4), task(5)])).toEqual([0, 0, 0]);
    expect(lane.expectedDenial(task(3))).toBeUndefined();
  });

  it('Repeated stops, and all in a cluster with three denied tasks, go one every two seconds', async () => {
    const { clock, lane } = aLane();
    for (const at of [1, 2, 3]) lane.denied(task(at), notAuthorized);
    lane.denied(task(9, 'one', 'another cluster'), notAuthorized);
    const asked = [
      task(1),
      task(4),
      task(5),
      task(9, 'one', 'another cluster'),
      task(8, 'one', 'another cluster'),
    ];

    expect(await waits(lane, clock, [...asked, task(4, 'other')])).toEqual([
      0, 2_000, 4_000, 6_000, 0, 0,
    ]);
    expect(lane.expectedDenial(task(4))).toBe(notAuthorized);
    expect(lane.expectedDenial(task(4, 'other'))).toBeUndefined();
  });

  it('Paced stops are marked, because they wait behind launches', async () => {
    const { lane } = aLane();
    lane.denied(task(1), notAuthorized);

    expect([await lane.turn(task(1), never), await lane.turn(task(2), never)]).toEqual([
      'paced',
      'at-once',
    ]);
  });

  it('Stops go at once again when one of the cluster is allowed', async () => {
    const { clock, lane } = aLane();
    for (const at of [1, 2, 3, 4]) lane.denied(task(at), notAuthorized);
    lane.allowed(task(2));

    expect(await waits(lane, clock, [task(1), task(5)])).toEqual([0, 0]);
  });

  it('A missing right is logged once for a session, every ten minutes, and when it is granted', async () => {
    const { clock, lines, lane } = aLane();
    for (let at = 1; at <= 200; at += 1) lane.denied(task(at), notAuthorized);
    await clock.elapse(10 * 60_000);
    lane.denied(task(1, 'one', 'another cluster'), notAuthorized);
    lane.allowed(task(1));
    expect(lines).toHaveLength(2);
    lane.allowed(task(1, 'one', 'another cluster'));
    lane.allowed(task(1));

    const why =
      'not authorized to perform: ecs:StopTask. Grant ecs:StopTask to the worker. Until then, ' +
      'tasks that should stop keep running. Policy statement to add: ' +
      '{"Effect":"Allow","Action":"ecs:StopTask","Resource":"*"}';
    expect(lines).toEqual([
      `error Stopping ECS tasks failed and is retried: ${why}`,
      `error Stopping ECS tasks has been failing since 00:00 UTC (201 calls). Last error: ${why}`,
      'info Stopping ECS tasks works again after 10 min (201 calls failed).',
    ]);
  });
});
