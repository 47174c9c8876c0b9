import { makeQueue } from '../event-queue.ts';
import { lateStops } from '../invariants/cancelled-in-time.ts';
import { wrongsOfAllSettled, wrongsOfSettled } from '../invariants/all.ts';
import { beyondLimit, beyondLimitOfOne } from '../invariants/limit.ts';
import { crashedForRights, crashedOnHearsay } from '../invariants/crashes.ts';
import { tooManySleepers } from '../invariants/bounded.ts';
import { tooManyLooks } from '../invariants/calls.ts';
import { lateEnds } from '../invariants/end-in-time.ts';
import { lateLaunches } from '../invariants/launched-in-time.ts';
import { lapsedLeases } from '../invariants/leases.ts';
import { finalTypes, storiesOf, told, type RunStory } from '../run-story.ts';
import { World } from '../world.ts';
import { applyCircumstances, endFaults, optionsFor } from './circumstances.ts';
import { canBeWitnessed, forge } from './forgeries.ts';
import { happen, type PlayedRun } from './happenings.ts';
import { Players, type PlayOptions } from './players.ts';
import { endOf, stories, type DeniedOperation, type Plot, type StoryName } from './plot.ts';

/**
 * Without faults: a sweep round, which is a minute where events are observed, and 60 s of waiting
 * for the process's own state after exit code 0.
 */
const endWithinMs = (observes: boolean): number => (observes ? 130_000 : 95_000);
/** A poll with its jitter, and a few calls. */
const launchWithinMs = 75_000;
/** Three heartbeats of a minute with jitter, 15 s, a listing, and the adoption itself. */
const followedAgainMs = 5 * 60_000;
/** The grace and a safety look. */
const stopWithinMs = 6 * 60_000;

const rightsOfLaunch: readonly DeniedOperation[] = ['RunTask', 'RegisterTaskDefinition'];

/** A violation. `story` is the run's; without it the violation concerns all runs. */
export interface Wrong {
  readonly text: string;
  readonly story?: RunStory;
}

/** Plays a plot, lets it settle under one living worker, and returns the violations. */
export async function play(
  plot: Plot,
  options: PlayOptions,
  say?: (line: string) => void,
): Promise<readonly Wrong[]> {
  const storyOf = new Map<string, StoryName>();
  await using world = await World.start({
    ...optionsFor(plot),
    leaves: { all: 'play judges it, with more invariants' },
    story: (flowRunId) => stories[storyOf.get(flowRunId) ?? 'completes'],
  });
  applyCircumstances(world, plot);
  if (options.observes) makeQueue(world);
  const players = new Players(world, plot, options);
  // Then Crashed is a right end, too: a flow's process gives up on faults that a worker survives,
  // and the first runs that meet a missing permission are crashed.
  const isIll =
    plot.circumstances?.some(
      (one) =>
        one.kind === 'prefect' || (one.kind === 'denied' && rightsOfLaunch.includes(one.operation)),
    ) ?? false;
  const runs = world.schedule(runsOf(plot)).map((id, at): PlayedRun => {
    const story = plot.stories[at % plot.stories.length] ?? 'completes';
    storyOf.set(id, story);
    return {
      id,
      story,
      moreEnds: new Set([
        ...(isIll ? ['Crashed'] : []),
        ...(mayLeaseLapse(plot) ? ['Cancelled'] : []),
        ...mayRetryInVain(plot, story),
        ...mayBeSpokenOver(plot),
      ]),
    };
  });
  await players.start(0);
  const scene = { world, players, runs, isRegisteringFaulty: false };
  const forgeries = canBeWitnessed(plot) ? (plot.forgeries ?? []) : [];
  for (const [at, happening] of plot.happenings.entries()) {
    for (const forgery of forgeries) if (forgery.before === at) forge(forgery, world, runs);
    await happen(happening, scene);
  }
  endFaults(world);
  const settledMs = world.clock.now().getTime();
  await settle(world, players);
  const all = storiesOf(world);
  say?.([...world.log, ...all.flatMap((story) => [story.id, ...linesOf(story)])].join('\n'));
  const wrongsOf = (story: RunStory): readonly string[] => [
    ...wrongsOfSettled(story),
    ...wrongEnd(story, runs),
    ...(isCalm(plot)
      ? [
          ...lateEnds(story, endWithinMs(options.observes)),
          ...lateStops(story, stopWithinMs),
          ...lateLaunches(story, launchWithinMs),
        ]
      : []),
    ...(isDeadly(plot)
      ? lateEnds(story, followedAgainMs + endWithinMs(options.observes), settledMs)
      : []),
    ...(isCalm(plot) || isDeadly(plot) ? crashedOnHearsay(story) : []),
    ...(isLeaseKept(plot) ? lapsedLeases(story, world.witness.renewals) : []),
    ...(isAwsWell(plot) ? tooManyLooks(story) : []),
  ];
  const ofAll = [
    ...wrongsOfAllSettled(all, world.slots),
    ...tooManySleepers(world.clock.sleeping, players.count),
    ...beyondLimits(plot, all),
    ...crashedForRights(all, players.count),
  ];
  return [
    ...all.flatMap((story) => wrongsOf(story).map((text) => ({ text, story }))),
    ...ofAll.map((text) => ({ text })),
  ];
}

/** A process whose Failed got no answer repeats it, and Prefect grants no retry for that one. */
function mayRetryInVain(plot: Plot, story: StoryName): readonly string[] {
  return 'retries' in stories[story] && !isCalm(plot) ? ['Failed'] : [];
}

/**
 * A run is cancelled by force and retried at once while there is no capacity. The old process
 * reports Running over the new claim's wait, so that claim is never launched. Then it is stopped.
 */
function mayBeSpokenOver({ happenings, circumstances = [] }: Plot): readonly string[] {
  const happens = (...kinds: readonly string[]): boolean =>
    happenings.some(({ kind }) => kinds.includes(kind));
  const isFull = happens('full') || circumstances.some(({ kind }) => kind === 'ecs');
  return isFull && happens('cancel by force') && happens('retry', 'retry at its end')
    ? ['Crashed']
    : [];
}

function runsOf({ stories: chosen, circumstances = [] }: Plot): number {
  const many = circumstances.find((one) => one.kind === 'many');
  return many?.kind === 'many' ? many.runs : chosen.length;
}

/**
 * Judges limits per process, and across processes where each one was killed before the next began.
 * The latter excludes drains and the second worker, whose processes overlap. It also excludes
 * forced cancellations, since a successor does not learn of a task whose run has ended.
 */
function beyondLimits(
  { happenings, circumstances = [] }: Plot,
  all: readonly RunStory[],
): readonly string[] {
  const limit = circumstances.find((one) => one.kind === 'limit')?.of;
  if (limit === undefined) return [];
  const isLine = happenings.every(
    (one) =>
      !('worker' in one && one.worker !== 0) &&
      one.kind !== 'drain' &&
      one.kind !== 'cancel by force' &&
      !(one.kind === 'succeed' && one.how === 'drain'),
  );
  const ofOne = isLine ? beyondLimitOfOne(all, limit) : [];
  return [...beyondLimit(all, limit), ...ofOne];
}

const calmKinds = [
  'elapse',
  'start',
  'cancel',
  'cancel by force',
  'retry',
  'retry at its end',
  'lose',
];

/** No fault, no death of a worker, and enough capacity. */
function isCalm({ happenings, circumstances = [] }: Plot): boolean {
  return circumstances.length === 0 && happenings.every(({ kind }) => calmKinds.includes(kind));
}

/** Workers died, but nothing else went wrong. */
function isDeadly({ happenings, circumstances = [] }: Plot): boolean {
  const deaths = [...calmKinds, 'kill', 'drain', 'succeed'];
  return circumstances.length === 0 && happenings.every(({ kind }) => deaths.includes(kind));
}

/** The only worker left to renew a lease of 300 s may be paused for most of that time. */
function mayLeaseLapse({ circumstances = [] }: Plot): boolean {
  const isLeased = circumstances.some(({ kind }) => kind === 'lease');
  return (
    isLeased &&
    circumstances.some((one) => one.kind === 'stop' && one.forMs !== 5_000 && one.forMs !== 30_000)
  );
}

/** The deployment has a limit, and the worker that renews its leases lives undisturbed. */
function isLeaseKept({ happenings, circumstances = [] }: Plot): boolean {
  const [lease, ...others] = circumstances;
  const isAlone = lease?.kind === 'lease' && others.length === 0;
  return isAlone && happenings.every(({ kind }) => calmKinds.includes(kind) || kind === 'full');
}

function isAwsWell({ happenings, circumstances = [] }: Plot): boolean {
  const ills = ['ecs', 'denied', 'hangs', 'ECS ill', 'stop', 'prefect', 'latency', 'order'];
  return (
    !circumstances.some(({ kind }) => ills.includes(kind)) &&
    !happenings.some(({ kind }) => kind === 'fault')
  );
}

async function settle(world: World, players: Players): Promise<void> {
  players.thawAll();
  await players.start(0);
  const isOver = (): boolean =>
    world.prefect
      .runs()
      .every(({ state }) => finalTypes.includes(state.type) || state.type === 'PAUSED') &&
    world.aws.runningTasks().length === 0;
  // A process that was paused until now may still undo an end. So all must stay quiet for a while.
  for (let waited = 0, calm = 0; waited < 200 && calm < 7; waited += 1) {
    await world.elapse('20s');
    await players.start(0); // it may only have died just now
    calm = isOver() ? calm + 1 : 0;
  }
  if (world.slots > 0) await world.elapse('6m'); // a lease that was not given back lapses by itself
}

/** The model: the only ends that a run may have. */
function wrongEnd(story: RunStory, runs: readonly PlayedRun[]): readonly string[] {
  const played = runs.find(({ id }) => id === story.id);
  if (played === undefined) return [];
  const { name, message } = story.run.state;
  if (name === endOf[played.story] || played.moreEnds.has(name)) return [];
  return [`ended ${name} (${played.story}: ${told(story)}) ${message ?? ''}`];
}

function linesOf({ writes, tasks, calls }: RunStory): readonly string[] {
  const at = (ms: number | undefined): string =>
    ms === undefined || ms === Infinity ? '-' : new Date(ms).toISOString().slice(11, 23);
  return [
    ...writes.map(
      ({ atMs, state, by }) =>
        `${at(atMs)} ${by} ${state.type} ${state.name} ${state.message ?? ''}`,
    ),
    ...tasks.map(
      ({ taskArn, createdMs, bornMs, diedMs, stoppedMs, attempt }) =>
        `${taskArn.slice(-8)} launch ${attempt}: ${[createdMs, bornMs, diedMs, stoppedMs].map(at).join(' ')}`,
    ),
    ...calls.map(
      ({ atMs, worker, operation, status }) =>
        `${at(atMs)} ${worker} ${operation} ${status ?? 'lost'}`,
    ),
  ];
}
