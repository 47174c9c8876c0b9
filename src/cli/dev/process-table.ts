import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The current facts of a process. */
export interface ProcessFacts {
  readonly pid: number;
  readonly group: number;
  /**
   * Tells this process from a later one with the same pid. On Linux, its start time in hundredths
   * of a second; not its command, which `exec` changes. Elsewhere `ps` shows only seconds, so the
   * command is included.
   */
  readonly identity: string;
  readonly command: string;
  /** Exited, but not yet reaped by its parent. */
  readonly isZombie: boolean;
}

/** The scope of a pid: one boot and one pid namespace. */
export interface ProcessPlace {
  readonly boot: string;
  readonly namespace: string;
}

/** The processes of this machine. */
export interface ProcessTable {
  readonly place: ProcessPlace;
  look(pid: number): ProcessFacts | undefined;
  /** All members of a process group. */
  group(group: number): readonly ProcessFacts[];
}

/** This system's process table: `/proc` on Linux, `ps` elsewhere. */
export function processTable(): ProcessTable {
  return process.platform === 'linux' ? procTable : psTable;
}

const procTable: ProcessTable = {
  get place() {
    return {
      boot: ifReadable(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? '',
      namespace: ifReadable(() => readlinkSync('/proc/self/ns/pid')) ?? '',
    };
  },
  look: (pid) => {
    const stat = ifReadable(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
    const command = ifReadable(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    return stat === undefined ? undefined : factsOfStat(stat, command ?? '');
  },
  group: (group) =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => procTable.look(Number(name)) ?? [])
      .filter((facts) => facts.group === group),
};

/**
 * Reads `/proc/<pid>/stat` (proc_pid_stat(5)). The second field is a name in brackets, which may
 * hold brackets itself.
 */
export function factsOfStat(stat: string, commandLine: string): ProcessFacts | undefined {
  const [state = '', , group, ...more] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startedAtTick = more[16]; // field 22
  if (startedAtTick === undefined) return undefined;
  return {
    pid: Number.parseInt(stat, 10),
    group: Number(group),
    identity: startedAtTick,
    command: commandLine.replaceAll('\0', ' ').trim(),
    isZombie: 'ZX'.includes(state),
  };
}

const psTable: ProcessTable = {
  // A boot moves the start times on; there is no other sign of it, and none is needed.
  place: { boot: '', namespace: '' },
  look: (pid) => factsOfPs(ps(['-p', String(pid)])).at(0),
  group: (group) => factsOfPs(ps(['-A'])).filter((facts) => facts.group === group),
};

function ps(which: readonly string[]): string {
  const columns = ['pid=', 'pgid=', 'stat=', 'lstart=', 'command='].flatMap((column) => [
    '-o',
    column,
  ]);
  // The same words and hours at every start; `ps` exits with 1 when there is no such process.
  const env = { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' };
  return (
    ifReadable(() => execFileSync('ps', [...which, ...columns], { env, encoding: 'utf8' })) ?? ''
  );
}

/** Reads lines such as `  57   57 Ss Wed Nov 25 05:15:06 2026 sleep 60`. */
export function factsOfPs(lines: string): readonly ProcessFacts[] {
  const columns = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]{8}\s+\d{4})\s+(.*)$/;
  return lines.split('\n').flatMap((line) => {
    const [, pid, group, state = '', startedAt = '', command = ''] = columns.exec(line) ?? [];
    if (pid === undefined) return [];
    const identity = `${startedAt} ${command}`;
    return [
      {
        pid: Number(pid),
        group: Number(group),
        identity,
        command,
        isZombie: state.startsWith('Z'),
      },
    ];
  });
}

function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // gone, or not readable for us
  }
}
