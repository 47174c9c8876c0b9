import fc from 'fast-check';
import {
  storyNames,
  type Circumstance,
  type EcsTrouble,
  type Forgery,
  type Happening,
  type Plot,
} from './plot.ts';

const weighted = <Of>(
  weight: number,
  arbitrary: fc.Arbitrary<Of>,
): { weight: number; arbitrary: typeof arbitrary } => ({
  weight,
  arbitrary,
});
const kinds = <const Kind extends string>(...all: readonly Kind[]): fc.Arbitrary<Kind> =>
  fc.constantFrom(...all);
const kind = <const Kind extends string>(only: Kind): fc.Arbitrary<Kind> => fc.constant(only);
const worker = fc.nat(1);
const run = fc.nat(4);

const prefectOperation = kinds(
  'POST /flow_runs/{id}/set_state',
  'POST /flow_runs/filter',
  'PATCH /flow_runs/{id}*',
  'GET /flow_run_states/',
  '*get_scheduled_flow_runs',
);
const awsOperation = kinds(
  'ecs:RunTask',
  'ecs:DescribeTasks',
  'ecs:ListTasks',
  'ecs:StopTask',
  'ecs:RegisterTaskDefinition',
);

const happening: fc.Arbitrary<Happening> = fc.oneof(
  weighted(
    10,
    fc.record({ kind: kind('elapse'), duration: kinds('100ms', '1s', '7s', '20s', '70s') }),
  ),
  weighted(
    7,
    fc.record({
      kind: kinds('kill', 'drain', 'start', 'start', 'start', 'freeze', 'thaw'),
      worker,
    }),
  ),
  weighted(
    1,
    fc.record({
      kind: kind('succeed'),
      worker,
      how: kinds('kill', 'drain'),
      after: kinds('0s', '2s', '40s', '3m'),
    }),
  ),
  weighted(
    4,
    fc.record({
      kind: kinds('cancel', 'cancel by force', 'retry', 'retry at its end', 'pause', 'resume'),
      run,
    }),
  ),
  weighted(
    1,
    fc.record({ kind: kind('progress'), name: kinds('InfrastructurePending', 'Submitting'), run }),
  ),
  weighted(1, fc.record({ kind: kind('lose'), how: kinds('host', 'interrupt', 'vanish'), run })),
  weighted(
    2,
    fc.record({
      kind: kind('full'),
      how: kinds('refused', 'cannot start'),
      tasks: fc.integer({ min: 1, max: 4 }),
    }),
  ),
  weighted(
    2,
    fc.record({
      kind: kind('fault'),
      at: kind('aws'),
      operation: awsOperation,
      fault: kinds('reset-before', 'reset-after', 'error', 'throttle'),
    }),
  ),
  weighted(
    2,
    fc.record({
      kind: kind('fault'),
      at: kind('prefect'),
      operation: prefectOperation,
      fault: kinds('reset-before', 'reset-after', 'error'),
    }),
  ),
);

const circumstance: fc.Arbitrary<Circumstance> = fc.oneof(
  weighted(
    3,
    fc.record({
      kind: kind('latency'),
      of: kinds('20 ms', '300 ms for histories', '2 s', '40 s for one of 50'),
    }),
  ),
  weighted(
    3,
    fc.record({
      kind: kind('prefect'),
      has: kinds(
        '500 once',
        '503 for writes',
        '404 of an ingress',
        '403 on workers',
        '401 for all',
      ),
    }),
  ),
  weighted(
    4,
    fc.record({
      kind: kind('order'),
      has: kinds('late commits', 'lost labels', 'stale reads', 'all of Cloud'),
    }),
  ),
  weighted(2, fc.record({ kind: kind('version'), version: kinds('3.6.22', '3.4.0') })),
  weighted(2, fc.record({ kind: kind('one name') })),
  weighted(2, fc.record({ kind: kind('limit'), of: fc.constantFrom(1 as const, 3 as const) })),
  weighted(
    8,
    fc.record({
      kind: kind('stop'),
      worker,
      call: fc.integer({ min: 1, max: 24 }),
      when: kinds('before', 'after'),
      forMs: fc.constantFrom(5_000 as const, 30_000 as const, 200_000 as const, 'ever' as const),
    }),
  ),
  weighted(
    1,
    fc.record({
      kind: kind('skew'),
      worker,
      ms: fc.constantFrom(-600_000 as const, -30_000 as const, 30_000 as const, 600_000 as const),
    }),
  ),
  weighted(
    2,
    fc.record({ kind: kind('lease'), limit: fc.integer({ min: 1, max: 3 }), isSlow: fc.boolean() }),
  ),
  weighted(
    5,
    fc.record({
      kind: kind('ecs'),
      has: kinds(
        'lost answers',
        'empty answers',
        'failures that live',
        'no room for 5 min',
        'quota of PROVISIONING',
        'no Spot',
        'unlisted tasks',
        'unstoppable tasks',
      ),
    }),
  ),
  weighted(
    3,
    fc.record({
      kind: kind('denied'),
      operation: kinds(
        'StopTask',
        'DescribeTasks',
        'ListTasks',
        'RunTask',
        'RegisterTaskDefinition',
      ),
    }),
  ),
  weighted(1, fc.record({ kind: kind('ECS ill') })),
  weighted(2, fc.record({ kind: kind('hangs'), operation: kinds('StopTask', 'DescribeTasks') })),
);

/**
 * False if ECS refuses a launch whose task lives and also does not list that task. No worker could
 * detect such a task, so a plot with both proves nothing.
 */
function canBeKnown(circumstances: readonly Circumstance[]): boolean {
  const has = (trouble: EcsTrouble): boolean =>
    circumstances.some((one) => one.kind === 'ecs' && one.has === trouble);
  return !(has('failures that live') && has('unlisted tasks'));
}

/** Drawn for one plot in 200, since each costs as much as fifty others. */
const many = fc.record({
  kind: kind('many'),
  runs: fc.constantFrom(60 as const, 60 as const, 200 as const),
});
/** Drawn rarely, since a deleted deployment takes its runs and half of the plot along. */
const deletion: fc.Arbitrary<readonly Happening[]> = fc.constant([{ kind: 'delete deployment' }]);

const forgery: fc.Arbitrary<Forgery> = fc.record({
  before: fc.nat(6),
  run,
  says: kinds('it has stopped', 'it found no room', 'it runs', 'another task of it has stopped'),
});

/** Draws a plot with at most two circumstances, so that each occurs alone and in pairs. */
export const drawnPlot: fc.Arbitrary<Plot> = fc.record({
  stories: fc.array(fc.constantFrom(...storyNames), { minLength: 1, maxLength: 5, size: 'small' }),
  seed: fc.nat(1_000),
  circumstances: fc.oneof(
    weighted(200, fc.array(circumstance, { maxLength: 2 }).filter(canBeKnown)),
    weighted(
      1,
      many.map((one): Circumstance[] => [one]),
    ),
  ),
  happenings: fc
    .tuple(
      fc.array(happening, { maxLength: 14 }),
      fc.oneof(weighted(30, fc.constant<readonly Happening[]>([])), weighted(1, deletion)),
      fc.array(happening, { maxLength: 3 }),
    )
    .map(([before, deleted, after]) => [...before, ...deleted, ...after]),
  // Drawn last, so that it does not change how the rest of a seed's plot is drawn.
  forgeries: fc.oneof(
    weighted(1, fc.constant<readonly Forgery[]>([])),
    weighted(2, fc.array(forgery, { minLength: 1, maxLength: 6 })),
  ),
});
