import { parseStartedBy } from '../../src/core/claim/launch-mark.ts';
import type { Commit } from '../../src/local/prefect/flow-runs.ts';
import type { FlowRun } from '../../src/local/prefect/records.ts';
import type { State } from '../../src/local/prefect/state.ts';
import type { WitnessedCall } from './witness.ts';
import type { World } from './world.ts';

/** A state of the run's history, with its author. */
export interface Write {
  readonly atMs: number;
  readonly state: State;
  /** `server`: the server's wait for the process's own retry. */
  readonly by: 'worker' | 'process' | 'server' | 'user';
  /** The worker's name, if a worker wrote it. */
  readonly worker: string | undefined;
  /** The number of the worker's process, since two may share a name. */
  readonly process: number | undefined;
  /** A worker restored an earlier state, which another author wrote. */
  readonly isRestored: boolean;
  /** The launch id, if the state is a claim. */
  readonly launchId: string | undefined;
}

/** One task of a run, from RunTask to STOPPED. Times are milliseconds since 1970. */
export interface TaskLife {
  readonly taskArn: string;
  readonly launchId: string;
  readonly attempt: number;
  readonly createdMs: number;
  /** When user code began. */
  readonly bornMs: number | undefined;
  /** When its process ended. Infinity while it lives, undefined if it never began. */
  readonly diedMs: number | undefined;
  /** From here on none of its containers can run, whatever the task's status. */
  readonly lifelessMs: number;
  /** When ECS reported STOPPED, or Infinity. */
  readonly stoppedMs: number;
  /** ECS forgot it without reporting STOPPED. */
  readonly isVanished: boolean;
}

/**
 * Everything that happened to one run, in order. It combines what the servers and the witness know,
 * so no worker in the world can see it.
 */
export interface RunStory {
  readonly id: string;
  readonly run: FlowRun;
  readonly writes: readonly Write[];
  readonly tasks: readonly TaskLife[];
  readonly calls: readonly WitnessedCall[];
  readonly nowMs: number;
}

export const finalTypes: readonly string[] = ['COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED'];

export const isFinal = ({ state }: Write): boolean => finalTypes.includes(state.type);

export function storiesOf(world: World): readonly RunStory[] {
  const tasks = new Map<string, TaskLife[]>();
  const runOf = new Map<string, string>();
  // Keyed by identity: each container has its own environment object.
  const births = new Map(
    world.engine.executions
      .toReversed()
      .map(({ environment, startedAtMs }) => [environment, startedAtMs]),
  );
  const known = new Set(world.aws.tasks().map(({ taskArn }) => taskArn));
  for (const view of world.witness.tasks(world.aws)) {
    const mark = parseStartedBy(view.startedBy);
    if (mark === undefined) continue;
    const { flowRunId, launchId, attempt } = mark;
    const container = world.executor.containerOf(view.taskArn);
    runOf.set(view.taskArn, flowRunId);
    const life: TaskLife = {
      taskArn: view.taskArn,
      launchId,
      attempt,
      createdMs: view.createdAt.getTime(),
      bornMs: container && births.get(container.environment),
      diedMs: container?.exitedMs,
      lifelessMs: container?.exitedMs ?? view.stoppingAt?.getTime() ?? Infinity,
      stoppedMs: view.stoppedAt?.getTime() ?? Infinity,
      isVanished: view.stoppedAt === undefined && !known.has(view.taskArn),
    };
    listed(tasks, flowRunId).push(life);
  }
  const calls = new Map<string, WitnessedCall[]>();
  for (const call of world.witness.calls) {
    const run = parseStartedBy(call.startedBy)?.flowRunId ?? runOf.get(call.taskArn ?? '');
    if (run !== undefined) listed(calls, run).push(call);
  }
  const nowMs = world.clock.now().getTime();
  return world.prefect.runs().map((run) => ({
    id: run.id,
    run,
    writes: writesOf(world, world.prefect.commitsWithTimes(run.id)),
    tasks: (tasks.get(run.id) ?? []).sort((one, other) => one.createdMs - other.createdMs),
    calls: calls.get(run.id) ?? [],
    nowMs,
  }));
}

function listed<Of>(lists: Map<string, Of[]>, key: string): Of[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

function writesOf(world: World, commits: readonly Commit[]): readonly Write[] {
  return commits.map(({ at, state }, index) => {
    const id = state.state_details.transition_id;
    const isOwnRetry =
      state.name === 'AwaitingRetry' && commits[index - 1]?.state.type === 'RUNNING';
    const proposer = world.witness.proposerOf(id);
    const by = proposer?.kind ?? (isOwnRetry ? 'server' : 'user');
    const isSame = (other: Commit): boolean =>
      other.state.type === state.type &&
      other.state.name === state.name &&
      other.state.message === state.message;
    const isClaim =
      state.type === 'PENDING' && (state.name === 'Pending' || state.name === 'AwaitingCapacity 1');
    return {
      atMs: Date.parse(at),
      state,
      by,
      worker: proposer?.kind === 'worker' ? proposer.name : undefined,
      process: proposer?.kind === 'worker' ? proposer.process : undefined,
      isRestored: by === 'worker' && commits.slice(0, index).some(isSame),
      launchId: isClaim ? (id ?? state.id) : undefined,
    };
  });
}

const marks: Readonly<Record<Write['by'], string>> = {
  worker: '',
  process: '*',
  server: '',
  user: '!',
};

/** The history as text: `*` marks states of the process, `!` those of a user. */
export function told({ writes }: RunStory): string {
  return writes.map(({ state, by }) => `${state.name}${marks[by]}`).join(', ');
}
