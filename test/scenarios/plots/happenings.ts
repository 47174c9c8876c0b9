import { finalTypes } from '../run-story.ts';
import type { World } from '../world.ts';
import type { Players } from './players.ts';
import { stories, type Happening, type StoryName, type UserAct } from './plot.ts';

/** A run of a plot, and the further ends that happenings to it allow. */
export interface PlayedRun {
  readonly id: string;
  readonly story: StoryName;
  readonly moreEnds: Set<string>;
}

export interface Scene {
  readonly world: World;
  readonly players: Players;
  readonly runs: readonly PlayedRun[];
  isRegisteringFaulty: boolean;
}

const registering = 'ecs:RegisterTaskDefinition';

type ToRun = Extract<Happening, { readonly run: number }>;

export function happen(happening: Happening, scene: Scene): Promise<void> {
  return 'run' in happening ? happenTo(happening, scene) : happenAround(happening, scene);
}

async function happenAround(happening: Exclude<Happening, ToRun>, scene: Scene): Promise<void> {
  const { world, players } = scene;
  switch (happening.kind) {
    case 'elapse':
      return world.elapse(happening.duration);
    case 'start':
      return players.start(happening.worker);
    case 'kill':
    case 'drain':
      return players.latest(happening.worker)?.[happening.kind]();
    case 'freeze':
    case 'thaw':
      return players.latest(happening.worker)?.outside[happening.kind]();
    case 'succeed':
      players.latest(happening.worker)?.[happening.how]();
      await world.elapse(happening.after);
      return players.start(happening.worker);
    case 'full':
      return fill(world, happening);
    case 'fault':
      return fail(happening, scene);
    case 'delete deployment':
      for (const run of scene.runs) run.moreEnds.add('Cancelled').add('Crashed');
      return world.prefect.deleteDeployment(world.deployment.id);
  }
}

function fill({ aws }: World, { how, tasks }: Extract<Happening, { kind: 'full' }>): void {
  if (how === 'refused') aws.capacity.failNext(tasks);
  else aws.faults.add({ task: { kind: 'start-failure', failure: 'no-room' }, times: tasks });
}

function fail(happening: Extract<Happening, { kind: 'fault' }>, scene: Scene): void {
  const { aws, prefect } = scene.world;
  const { at, operation } = happening;
  // A process without an answer to its Failed repeats it over the retry that Prefect had granted,
  // and Prefect accepts that.
  if (operation.endsWith('/set_state') && happening.fault === 'reset-after')
    for (const run of scene.runs) if ('retries' in stories[run.story]) run.moreEnds.add('Failed');
  const fault =
    happening.fault === 'error'
      ? { kind: 'error' as const, status: 503 }
      : { kind: happening.fault };
  // RegisterTaskDefinition alone has three attempts. A third failure in a row rightly crashes the
  // run, so at most one such fault is added.
  if (operation === registering && scene.isRegisteringFaulty) return;
  scene.isRegisteringFaulty ||= operation === registering;
  const rule = { operation, fault, times: 2 };
  if (at === 'aws') aws.faults.add(rule);
  else prefect.faults.add(rule);
}

async function happenTo(happening: ToRun, { world, runs }: Scene): Promise<void> {
  const played = runs[happening.run % runs.length];
  const known = (): boolean => world.prefect.runs().some(({ id }) => id === played?.id);
  if (played === undefined || !known()) return;
  if (happening.kind === 'progress') {
    // Older servers accept no PENDING over PENDING. There this state would block every claim, and
    // no real client writes it.
    if (!world.prefect.world.version.has('pendingSubStates')) return;
    // Over a Crashed run it waits for a slot, with the dead process's `in_process` kept, so that
    // Prefect never offers the run to a worker.
    if (world.isLimited && 'retries' in stories[played.story]) return;
    // Only a claim over SCHEDULED takes a slot. A run claimed over late progress has none, and the
    // server cancels it when all are taken.
    if (world.isLimited) played.moreEnds.add('Cancelled');
    world.prefect.setState(played.id, 'PENDING', { name: happening.name });
    return;
  }
  if (happening.kind === 'lose') return lose(world, played, happening.how);
  if (happening.kind === 'retry at its end')
    for (let left = 120; left > 0 && known() && !isOver(world, played.id); left -= 1)
      await world.elapse('1s');
  if (known()) interfere(world, played, happening.kind);
}

const isOver = ({ prefect }: World, id: string): boolean =>
  finalTypes.includes(prefect.stateOf(id).type);

function lose(
  world: World,
  { id, moreEnds }: PlayedRun,
  how: 'host' | 'interrupt' | 'vanish',
): void {
  const task = world.tasksOf(id).find(({ lastStatus }) => lastStatus === 'RUNNING');
  if (task === undefined) return;
  moreEnds.add('Crashed');
  if (how === 'host') world.aws.loseHostOf(task.taskArn);
  else if (how === 'interrupt') world.aws.interruptTask(task.taskArn);
  else world.aws.vanishTask(task.taskArn);
}

function interfere(world: World, { id, story, moreEnds }: PlayedRun, act: UserAct): void {
  const { prefect } = world;
  const { type, name } = prefect.stateOf(id);
  // A user's act between two attempts ends the process's own retries.
  if ('retries' in stories[story]) moreEnds.add('Failed');
  switch (act) {
    case 'cancel':
      moreEnds.add('Cancelled');
      prefect.cancel(id);
      return;
    case 'cancel by force':
      if (isOver(world, id)) return;
      moreEnds.add('Cancelled');
      // The process's own retry is a SCHEDULED after the CANCELLED, so the run is no longer
      // cancelled (worker.md A11).
      if ('retries' in stories[story]) moreEnds.add('Crashed');
      prefect.setState(id, 'CANCELLED', { force: true });
      return;
    case 'retry':
    case 'retry at its end':
      // Not forced, so that the server's rules reset `retry_type`. A forced retry would never be
      // offered to a worker (worker.md F4).
      if (!isOver(world, id)) return;
      prefect.setState(id, 'SCHEDULED', { name: 'AwaitingRetry' });
      return;
    case 'pause':
      if (type !== 'RUNNING' || story === 'suspends') return;
      prefect.setState(id, 'PAUSED', { name: 'Paused' });
      moreEnds.add('Paused').add('Crashed').add('Failed');
      return;
    case 'resume':
      if (name === 'Suspended') prefect.setState(id, 'SCHEDULED', { name: 'Resuming' });
      if (name === 'Paused') prefect.setState(id, 'RUNNING');
  }
}
