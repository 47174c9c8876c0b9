import { describe, expect, it } from 'vitest';
import type { ProcessFacts, ProcessPlace, ProcessTable } from './process-table.ts';
import { fateOf, type FoundFolder } from './records.ts';

const here: ProcessPlace = { boot: 'this', namespace: 'pid:[1]' };

function tableOf(...processes: readonly Partial<ProcessFacts>[]): ProcessTable {
  const all = processes.map((facts) => ({ ...processOf(0), ...facts }));
  return {
    place: here,
    look: (pid) => all.find((facts) => facts.pid === pid),
    group: (group) => all.filter((facts) => facts.group === group),
  };
}
const processOf = (pid: number): ProcessFacts => ({
  pid,
  group: pid,
  identity: `began at ${pid}`,
  command: 'sleep 60',
  isZombie: false,
});
const recordOf = (pid: number) => ({
  name: `child ${pid}`,
  pid,
  identity: `began at ${pid}`,
  command: 'sleep 60',
});
const folderOf = (changes: Partial<FoundFolder> = {}): FoundFolder => ({
  path: '/state/dev-10-x',
  ownerPid: 10,
  owner: { ...recordOf(10), place: here },
  children: [recordOf(11), recordOf(12)],
  ...changes,
});
const leftBehind = (...pids: readonly number[]) => ({
  kind: 'left behind',
  orphans: pids.map(recordOf),
});

describe('the folder of a dev', () => {
  it('is in use while that dev lives, and its processes are nobody else’s to end', () => {
    expect(fateOf(folderOf(), tableOf(processOf(10), processOf(11)))).toEqual({ kind: 'in use' });
  });

  it('is left behind when that dev is gone, with whoever of its processes lives on', () => {
    expect(fateOf(folderOf(), tableOf(processOf(12)))).toEqual(leftBehind(12));
  });

  it('is left behind when another process, or what is left of it, has the number of that dev', () => {
    const orphan = processOf(11);

    expect(fateOf(folderOf(), tableOf({ ...processOf(10), identity: 'later' }, orphan))).toEqual(
      leftBehind(11),
    );
    expect(fateOf(folderOf(), tableOf({ ...processOf(10), isZombie: true }, orphan))).toEqual(
      leftBehind(11),
    );
  });

  it('has no orphan in a process that got the number of one of its own, or has ended', () => {
    const reused = { ...processOf(11), identity: 'later' };
    const ended = { ...processOf(12), isZombie: true };

    expect(fateOf(folderOf(), tableOf(reused, ended))).toEqual(leftBehind());
  });

  it('from before the last boot has no orphans, whoever has their numbers and times now', () => {
    const owner = { ...recordOf(10), place: { ...here, boot: 'last' } };

    expect(fateOf(folderOf({ owner }), tableOf(processOf(10), processOf(11)))).toEqual(
      leftBehind(),
    );
  });

  it('of another container on this machine is let be: its processes cannot be seen', () => {
    const owner = { ...recordOf(10), place: { ...here, namespace: 'pid:[2]' } };

    expect(fateOf(folderOf({ owner }), tableOf(processOf(11)))).toEqual({ kind: 'elsewhere' });
  });

  it('that is not signed yet is its maker’s while that lives', () => {
    const unsigned = folderOf({ owner: undefined });

    expect(fateOf(unsigned, tableOf(processOf(10)))).toEqual({ kind: 'in use' });
    expect(fateOf(unsigned, tableOf(processOf(11)))).toEqual(leftBehind());
  });
});
