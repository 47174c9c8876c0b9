import { afterAll, expect, it } from 'vitest';
import { isFinal } from '../../src/core/prefect/state.ts';
import { seededRandom, type Random } from '../../src/kernel/random.ts';
import type { Answer, LocalRequest } from '../../src/local/message.ts';
import { makeQueue } from './event-queue.ts';
import { mutated } from './mutated-answers.ts';
import { storiesOf } from './run-story.ts';
import { operationOf, pathOf } from './world-worker.ts';
import { World } from './world.ts';

/** `ANSWERS=3000` plays more of them, `ANSWERS_SEED` others. */
const answers = Number(process.env['ANSWERS'] ?? 200);
const seed = Number(process.env['ANSWERS_SEED'] ?? 1);
/** Mutated answers in one world, one after the other. */
const answersAWorld = 12;

/**
 * Operations whose answers concern every run of the pool: a mutated one may change any run's end.
 */
const shared =
  /^(GET \/work_pools\/|POST \/work_pools\/$|PATCH \/work_pools\/|aws:(Register|Describe)TaskDefinition|aws:query)/;

/** An attack on the next answer of this operation, and how it was mutated. */
interface Attack {
  readonly operation: string;
  how: string | undefined;
  /** Request and answer as text, which shows the runs concerned. */
  about: string;
}

interface Attacker {
  attack: Attack | undefined;
  /** Operations that the worker has used so far. */
  readonly seen: Set<string>;
}

/** Intercepts the answers of both servers to the world's workers. */
function attackerOf(world: World, random: Random): Attacker {
  const attacker: Attacker = { attack: undefined, seen: new Set() };
  const between = async (
    name: string,
    request: LocalRequest,
    answer: () => Promise<Answer>,
  ): Promise<Answer> => {
    attacker.seen.add(name);
    const given = await answer();
    const { attack } = attacker;
    if (attack === undefined || attack.how !== undefined || attack.operation !== name) return given;
    const { answer: changed, how } = mutated(given, random);
    attack.how = how;
    attack.about = `${request.url} ${await request.text()} ${given.body}`;
    return changed;
  };
  world.betweenPrefect = (request, answer) =>
    between(`${request.method} ${pathOf(request)}`, request, answer);
  world.betweenAws = (request, answer) => between(`aws:${operationOf(request)}`, request, answer);
  return attacker;
}

interface ScheduledRun {
  readonly id: string;
  readonly deploymentId: string;
}

/** Schedules a run of its own deployment and flow, so that no answer concerns two runs. */
function schedule(world: World, name: string): ScheduledRun {
  const deployment = world.prefect.createDeployment({
    pool: world.pool,
    flow: `flow ${name}`,
    name,
  });
  return { id: world.prefect.schedule(deployment), deploymentId: deployment.id };
}

const worlds = Array.from({ length: Math.ceil(answers / answersAWorld) }, (_, at) => ({
  worldSeed: seed * 100_000 + at,
  hears: at % 2 === 1,
}));

/**
 * A mutated answer about a run may end that run wrongly. It must never double its user code
 * (I1, I2).
 */
const liedTo = 'a mutated answer lied about the run';
const leaves = {
  I3: liedTo,
  I4: liedTo,
  I5: liedTo,
  I13: liedTo,
  E4: liedTo,
  I14: liedTo,
} as const;

const counts = { answers: 0, runs: 0, about: 0, otherEnds: 0 };

it.each(worlds)(
  'A mutated answer harms no run that it does not concern (world $worldSeed)',
  async ({ worldSeed, hears }) => {
    const random = seededRandom(worldSeed);
    await using world = await World.start({
      seed: worldSeed,
      leaves,
      story: () => ({ runsForMs: 40_000 }),
    });
    if (hears) makeQueue(world);
    const attacker = attackerOf(world, random);
    const worker = await world.startWorker({ observes: hears });
    await world.elapse('20s');
    world.schedule();
    await world.elapse('3m'); // by now every operation of a launch has been used

    for (let at = 0; at < answersAWorld; at += 1)
      await attackOnce(world, attacker, random, `${worldSeed}.${at}`);

    expect(worker.hasEnded).toBe(false);
  },
);

afterAll(() => {
  const { answers: told, runs, about, otherEnds } = counts;
  console.log(
    `${told} mutated answers concerned ${about} of ${runs} runs; ${otherEnds} of them ended otherwise`,
  );
});

async function attackOnce(
  world: World,
  attacker: Attacker,
  random: Random,
  name: string,
): Promise<void> {
  const operations = [...attacker.seen].sort();
  const operation = operations[Math.floor(random.next() * operations.length)] ?? '';
  const attack: Attack = { operation, how: undefined, about: '' };
  attacker.attack = attack;
  const runs = [schedule(world, `${name} one`), schedule(world, `${name} other`)];
  await world.elapse('10m');
  attacker.attack = undefined;
  if (attack.how === undefined) return;
  counts.answers += 1;
  for (const run of runs) {
    counts.runs += 1;
    const end = endOf(world, run.id);
    const what = `${name}: ${operation}: ${attack.how}`;
    if (!isAbout(attack, run, world)) expect({ what, ...end }).toEqual({ what, ...undisturbed });
    else {
      counts.about += 1;
      if (end.state !== undisturbed.state) counts.otherEnds += 1;
      if (process.env['ANSWERS_TOLD'] !== undefined && end.state !== 'Completed')
        console.log({ what, ...end, message: world.prefect.stateOf(run.id).message });
      await world.until(`${what} is over`, () => isFinal(world.prefect.stateOf(run.id).type), '1h');
    }
  }
}

const undisturbed = { state: 'Completed', started: 1 };

function endOf(world: World, id: string): typeof undisturbed {
  const tasks = storiesOf(world).find((story) => story.id === id)?.tasks ?? [];
  return {
    state: world.stateOf(id),
    started: tasks.filter(({ bornMs }) => bornMs !== undefined).length,
  };
}

function isAbout(
  { operation, about }: Attack,
  { id, deploymentId }: ScheduledRun,
  world: World,
): boolean {
  const flowId = world.prefect.run(id).flow_id;
  const names = [id, deploymentId, flowId, ...world.tasksOf(id).map(({ taskArn }) => taskArn)];
  return shared.test(operation) || names.some((one) => about.includes(one));
}
