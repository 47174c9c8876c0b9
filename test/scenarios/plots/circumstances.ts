import { Answer } from '../../../src/local/message.ts';
import type { FaultRule } from '../../../src/local/faults.ts';
import type { JsonObject } from '../../../src/kernel/json.ts';
import type { WorkerFacts } from '../world-worker.ts';
import type { World, WorldOptions } from '../world.ts';
import type { Circumstance, EcsTrouble, Plot } from './plot.ts';

const network = {
  awsvpcConfiguration: { subnets: ['subnet-0a1b2c3d4e5f60710'], assignPublicIp: 'ENABLED' },
};
const setState = 'POST /flow_runs/{id}/set_state';
const labels = 'PATCH /flow_runs/{id}/labels';
const reads = ['GET /flow_run_states/', 'GET /flow_runs/{id}', 'POST /flow_runs/filter'];
/** How long a fault lasts that ends by itself. */
const aWhileMs = 5 * 60_000;

/** The options of a world that the circumstances set from its start. */
export function optionsFor({ circumstances = [], seed }: Plot): WorldOptions {
  const has = (asked: EcsTrouble): boolean =>
    circumstances.some((one) => one.kind === 'ecs' && one.has === asked);
  const version = circumstances.find((one) => one.kind === 'version')?.version;
  return {
    seed,
    aws: {
      delays: { provisioning: 3_000, pending: 3_000, deprovisioning: 10_000 },
      consistency: {
        unlistedMs: has('unlisted tasks') ? 20_000 : 0,
        unstoppableMs: has('unstoppable tasks') ? 60_000 : 0,
      },
    },
    prefect: version === undefined ? {} : { version },
  };
}

/** The facts of a worker's process that the circumstances set. */
export function factsFor(
  { circumstances = [] }: Plot,
  worker: number,
  isFirst: boolean,
): WorkerFacts {
  const isOneName = circumstances.some(({ kind }) => kind === 'one name');
  const skew = circumstances.find((one) => one.kind === 'skew' && one.worker === worker);
  const stop = circumstances.find((one) => one.kind === 'stop' && one.worker === worker);
  const limit = circumstances.find((one) => one.kind === 'limit')?.of;
  const facts = {
    ...(limit !== undefined && { limit }),
    name: worker === 0 || isOneName ? 'a' : 'b',
    ...(skew?.kind === 'skew' && { skewMs: skew.ms }),
  };
  if (!isFirst || stop?.kind !== 'stop') return facts;
  const point = { call: stop.call, when: stop.when, sinceClaim: true };
  return stop.forMs === 'ever'
    ? { ...facts, killAt: point }
    : { ...facts, freezeAt: { ...point, forMs: stop.forMs } };
}

export function applyCircumstances(world: World, { circumstances = [] }: Plot): void {
  const isSlow = circumstances.some((one) => one.kind === 'lease' && one.isSlow);
  const isSpot = circumstances.some((one) => one.kind === 'ecs' && one.has === 'no Spot');
  // Slow loops, and a network that needs no look-up. The simulation spends its time on calls, not
  // on minutes that pass.
  const defaults: JsonObject = {
    task_watch_poll_interval: 30,
    ...(isSlow && { task_start_timeout_seconds: 900 }),
    ...(isSpot && { launch_type: 'FARGATE_SPOT' }),
  };
  world.configurePool(defaults, { networkConfiguration: network });
  for (const one of circumstances) apply(world, one);
}

function apply(world: World, one: Circumstance): void {
  switch (one.kind) {
    case 'latency':
      return slow(world, one.of);
    case 'prefect':
      return ill(world, one.has);
    case 'order':
      return disorder(world, one.has);
    case 'lease':
      world.limitDeployment(one.limit);
      if (one.isSlow) world.aws.faults.add({ task: { kind: 'slow-start', ms: 330_000 }, times: 2 });
      return undefined;
    case 'ecs':
      return trouble(world, one.has);
    case 'denied': {
      const fault = { kind: 'error', status: 400, code: 'AccessDeniedException' } as const;
      return aWhile(world, world.aws.faults.add({ operation: `ecs:${one.operation}`, fault }));
    }
    case 'ECS ill': {
      const fault = { kind: 'error', status: 503 } as const;
      return aWhile(world, world.aws.faults.add({ operation: 'ecs:*', fault }));
    }
    case 'hangs': {
      const rule = {
        operation: `ecs:${one.operation}`,
        fault: { kind: 'hang' },
        times: 3,
      } as const;
      world.aws.faults.add(rule);
      return undefined;
    }
    case 'version':
    case 'many':
    case 'one name':
    case 'limit':
    case 'stop':
    case 'skew':
      return undefined; // set in optionsFor or factsFor
  }
}

function slow(world: World, of: Extract<Circumstance, { kind: 'latency' }>['of']): void {
  const rules: Readonly<Record<typeof of, FaultRule>> = {
    '20 ms': { operation: '*', fault: { kind: 'slow', ms: 20 } },
    '300 ms for histories': {
      operation: 'GET /flow_run_states/',
      fault: { kind: 'slow', ms: 300 },
    },
    '2 s': { operation: '*', fault: { kind: 'slow', ms: 2_000 } },
    '40 s for one of 50': {
      operation: '*',
      fault: { kind: 'slow', ms: 40_000 },
      probability: 0.02,
    },
  };
  world.prefect.faults.add(rules[of]);
}

function ill(world: World, has: Extract<Circumstance, { kind: 'prefect' }>['has']): void {
  const { faults } = world.prefect;
  switch (has) {
    case '500 once':
      for (const operation of [setState, labels, ...reads])
        faults.add({ operation, fault: { kind: 'error', status: 500 }, times: 1, after: 1 });
      return;
    case '503 for writes':
      for (const operation of [setState, 'PATCH *'])
        aWhile(world, faults.add({ operation, fault: { kind: 'error', status: 503 } }));
      return;
    case '404 of an ingress':
      faults.add({ operation: '*', fault: { kind: 'html', status: 404 }, probability: 0.05 });
      return;
    case '401 for all':
      return aWhile(world, faults.add({ operation: '*', fault: { kind: 'error', status: 401 } }));
    case '403 on workers':
      faults.add({ operation: '*workers/filter', fault: { kind: 'error', status: 403 } });
  }
}

function disorder(world: World, has: Extract<Circumstance, { kind: 'order' }>['has']): void {
  const { faults } = world.prefect;
  const probability = 0.3;
  switch (has) {
    case 'late commits':
      faults.add({ operation: setState, fault: { kind: 'late-commit', ms: 700 }, probability });
      return;
    case 'lost labels':
      faults.add({ operation: labels, fault: { kind: 'lost-update', ms: 300 }, probability });
      return;
    case 'stale reads':
      for (const operation of reads)
        faults.add({ operation, fault: { kind: 'stale', ms: 2_000 }, probability });
      return;
    case 'all of Cloud':
      world.prefect.actAsCloud();
  }
}

function trouble(world: World, has: EcsTrouble): void {
  const { faults, capacity } = world.aws;
  switch (has) {
    case 'lost answers':
      faults.add({ operation: 'ecs:RunTask', fault: { kind: 'reset-after' }, probability: 0.4 });
      return;
    case 'empty answers':
    case 'failures that live':
      answerRunTask(world, has, 2);
      return;
    case 'no room for 5 min':
      capacity.fargate(false);
      return aWhile(world, { [Symbol.dispose]: () => capacity.fargate(true) });
    case 'quota of PROVISIONING': {
      const message = 'Tasks provisioning capacity limit exceeded.';
      const fault = { kind: 'error', status: 400, code: 'ClientException', message } as const;
      faults.add({ operation: 'ecs:RunTask', fault, times: 3 });
      return;
    }
    case 'no Spot':
      faults.add({ task: { kind: 'start-failure', failure: 'no-room' }, times: 3 });
      return;
    case 'unlisted tasks':
    case 'unstoppable tasks': // set in optionsFor
  }
}

/**
 * Makes ECS answer the first RunTask calls with an empty answer, or with a failure although it
 * started the task.
 */
function answerRunTask(
  world: World,
  has: 'empty answers' | 'failures that live',
  times: number,
): void {
  let left = times;
  world.betweenAws = async (request, answer) => {
    const isRunTask = request.headers.get('x-amz-target')?.endsWith('.RunTask') === true;
    if (!isRunTask || left === 0) return answer();
    left -= 1;
    if (has === 'failures that live') await answer();
    const failures =
      has === 'empty answers' ? [] : [{ reason: 'Capacity is unavailable at this time.' }];
    return Answer.json(
      200,
      { tasks: [], failures },
      { 'content-type': 'application/x-amz-json-1.1' },
    );
  };
}

function aWhile({ clock }: World, thing: Disposable): void {
  void clock.sleep(aWhileMs, new AbortController().signal).then(() => thing[Symbol.dispose]());
}

/** Ends all faults. */
export function endFaults(world: World): void {
  world.aws.faults.clear();
  world.prefect.faults.clear();
  world.aws.capacity.fargate(true);
  world.betweenAws = (_, answer) => answer();
}
