import { expect, it } from 'vitest';
import { ManualClock } from '../kernel/manual-clock.ts';
import { RemoteClock } from '../kernel/remote-clock.ts';
import type { Calls } from './calls.ts';
import { awsSession } from './session.ts';

const never = new AbortController().signal;

it.each([
  ['nothing', 'cancel'],
  ['launches', 'sweep'],
] as const)(
  'StopTask behind %s waits for its turn with priority "%s"',
  async (behind, expected) => {
    const priorities: unknown[] = [];
    const calls = {
      repeated: (...call: readonly unknown[]) => {
        priorities.push(call.at(-1));
        return Promise.resolve({});
      },
    };
    const unused = (): never => {
      throw new Error('not asked for');
    };
    const session = awsSession({
      calls: calls as unknown as Calls, // stopTask uses nothing else of it
      ecs: undefined as never,
      network: unused,
      logs: unused,
      identity: { account: unused, learnFrom: unused },
      region: 'us-east-1',
      key: 'key',
      server: new RemoteClock(new ManualClock()),
    });

    await session.stopTask({ clusterArn: 'cluster', taskArn: 'task' }, 'reason', behind, never);

    expect(priorities).toEqual([expected]);
  },
);
