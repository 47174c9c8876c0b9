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

describe("A dev's folder", () => {
  it('is in use while that dev lives, so none of its processes may be stopped', () => {
    expect(fateOf(folderOf(), tableOf(processOf(10), processOf(11)))).toEqual({ kind: 'in use' });
  });

  it('is left behind when that dev is gone, with the processes that still run', () => {
    expect(fateOf(folderOf(), tableOf(processOf(12)))).toEqual(leftBehind(12));
  });

  it("is left behind when another process or a zombie has that dev's pid", () => {
    const orphan = processOf(11);

    expect(fateOf(folderOf(), tableOf({ ...processOf(10), identity: 'later' }, orphan))).toEqual(
      leftBehind(11),
    );
    expect(fateOf(folderOf(), tableOf({ ...processOf(10), isZombie: true }, orphan))).toEqual(
      leftBehind(11),
    );
  });

  it('does not count a process with a reused pid, or one that exited, as an orphan', () => {
    const reused = { ...processOf(11), identity: 'later' };
    const ended = { ...processOf(12), isZombie: true };

    expect(fateOf(folderOf(), tableOf(reused, ended))).toEqual(leftBehind());
  });

  it('from before the last boot has no orphans, even if pids and times match', () => {
    const owner = { ...recordOf(10), place: { ...here, boot: 'last' } };

    expect(fateOf(folderOf({ owner }), tableOf(processOf(10), processOf(11)))).toEqual(
      leftBehind(),
    );
  });

  it('of another container is left alone, because its processes are invisible', () => {
    const owner = { ...recordOf(10), place: { ...here, namespace: 'pid:[2]' } };

    expect(fateOf(folderOf({ owner }), tableOf(processOf(11)))).toEqual({ kind: 'elsewhere' });
  });

  it('without an owner record belongs to the pid in its name while that lives', () => {
    const unsigned = folderOf({ owner: undefined });

    expect(fateOf(unsigned, tableOf(processOf(10)))).toEqual({ kind: 'in use' });
    expect(fateOf(unsigned, tableOf(processOf(11)))).toEqual(leftBehind());
  });
});
