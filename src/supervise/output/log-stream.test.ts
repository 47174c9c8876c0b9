import { expect, it } from 'vitest';
import { silentLogger } from '../../kernel/logger.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import type { AwsSession, LogQuery } from '../../run/ports/aws.ts';
import { LogStream } from './log-stream.ts';

it('Lines that arrive during a read are left to the next read', async () => {
  const clock = new ManualClock();
  const asked: LogQuery[] = [];
  const session: Pick<AwsSession, 'readLog'> = {
    // Each call takes a moment, in which the container writes another line.
    readLog: (query) => {
      asked.push(query);
      const written = { timestamp: clock.now(), message: `line ${asked.length}` };
      return Promise.resolve({
        lines: [written],
        forwardToken: `f/${asked.length}`,
        backwardToken: undefined,
      });
    },
  };
  const shown: string[] = [];
  const stream = new LogStream(
    {
      // the only members that the stream uses
      from: { kind: 'readable', session: session as AwsSession, group: 'g', stream: 's' },
      everyMs: 5_000,
      since: undefined,
      show: ({ message }) => shown.push(message),
      log: silentLogger,
    },
    clock,
  );

  expect(await stream.read(new AbortController().signal)).toBe(1);
  expect(await stream.read(new AbortController().signal)).toBe(1);

  expect(shown).toEqual(['line 1', 'line 2']);
  expect(asked.map(({ token }) => token)).toEqual([undefined, 'f/1']);
});
