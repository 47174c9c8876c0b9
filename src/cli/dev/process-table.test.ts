import { expect, it } from 'vitest';
import { factsOfPs, factsOfStat, processTable } from './process-table.ts';

it('/proc is parsed, even for a process name with brackets and blanks', () => {
  const stat =
    '4242 (a) b (c) S 1 4240 4240 0 -1 4194304 92 0 0 0 1 2 3 4 20 0 1 0 987654 2781184 237 18446744073709551615';

  expect(factsOfStat(stat, ['sleep', '600', ''].join('\0'))).toEqual({
    pid: 4242,
    group: 4240,
    identity: '987654',
    command: 'sleep 600',
    isZombie: false,
  });
  expect(factsOfStat(stat.replace(') S', ') Z'), '')?.isZombie).toBe(true);
  expect(factsOfStat('', '')).toBeUndefined();
});

it('An identity from ps includes the command, because ps shows only seconds', () => {
  const lines = [
    '   57    57 Ss   Wed Nov 25 05:15:06 2026 sleep 600',
    '  581    57 Z+   Wed Nov  5 05:15:06 2026 [sleep] <defunct>',
    'no process',
  ].join('\n');

  expect(factsOfPs(lines)).toEqual([
    {
      pid: 57,
      group: 57,
      identity: 'Wed Nov 25 05:15:06 2026 sleep 600',
      command: 'sleep 600',
      isZombie: false,
    },
    expect.objectContaining({ pid: 581, group: 57, isZombie: true }),
  ]);
});

it('The table finds this process with a stable identity, and no process where there is none', () => {
  const table = processTable();
  const self = table.look(process.pid);

  expect(self).toMatchObject({
    pid: process.pid,
    isZombie: false,
    command: expect.stringContaining('node'),
  });
  expect(table.look(process.pid)).toEqual(self);
  expect(table.group(self?.group ?? 0)).toContainEqual(self);
  expect(table.look(2 ** 31 - 1)).toBeUndefined();
});
