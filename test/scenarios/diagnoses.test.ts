import { describe, expect, it } from 'vitest';
import { diagnosisEntries, type DiagnosisCode } from '../../src/core/diagnosis/diagnosis-codes.ts';
import { realTexts, type RealText } from '../../src/core/diagnosis/diagnosis-texts.test-support.ts';
import { JsonRecord } from '../../src/core/prefect/json.ts';
import type { JsonObject } from '../../src/kernel/json.ts';
import type { EngineStory } from '../../src/local/index.ts';
import { World } from './world.ts';

/** One way to cause a diagnosis code: the container's story, the task's fault, the job. */
interface Way {
  readonly story?: EngineStory;
  /** Adds an essential sidecar that exits with this code. */
  readonly sidecarExits?: number;
  readonly line?: string;
  readonly variables?: JsonObject;
  /** Called before the run is scheduled. */
  readonly before?: (world: World) => void;
  /** Called when the run's task is RUNNING. */
  readonly whenRunning?: (world: World, taskArn: string) => void;
}

const long = { runsForMs: 600_000, watchesCancellation: false } as const;
const exits = (exitCode: number): Way => ({ story: { ending: { kind: 'exits', exitCode } } });
const befalls = (task: object): Way => ({
  story: long,
  // each caller passes a task fault; a wrong one fails its test
  before: (world) => void world.aws.faults.add(task as Parameters<typeof world.aws.faults.add>[0]),
});
const logged = {
  configure_cloudwatch_logs: true,
  execution_role_arn: 'arn:aws:iam::123456789012:role/execution',
};

/** The codes that an ECS text alone does not produce. */
const ways: Partial<Readonly<Record<DiagnosisCode, Way>>> = {
  'ecs.container_exited': exits(1),
  'ecs.not_executable': exits(126),
  'ecs.command_not_found': exits(127),
  'ecs.killed': exits(137),
  'ecs.sigterm': exits(143),
  'ecs.zombie': exits(0),
  'ecs.wrong_architecture': {
    story: { bootMs: 1_000, ending: { kind: 'exits', exitCode: 255 } },
    line: 'exec /usr/local/bin/prefect: exec format error',
    variables: logged,
  },
  'ecs.out_of_memory': befalls({ task: { kind: 'out-of-memory', afterMs: 20_000 } }),
  'ecs.spot.interrupted': befalls({ task: { kind: 'spot-interruption', afterMs: 20_000 } }),
  'ecs.host_retired': befalls({ task: { kind: 'host-retired', afterMs: 20_000 } }),
  'ecs.vanished': befalls({ task: { kind: 'vanish', afterMs: 20_000 } }),
  'ecs.start_timeout': {
    ...befalls({ task: { kind: 'slow-start', ms: 600_000 } }),
    variables: { task_start_timeout_seconds: 60 },
  },
  'ecs.stopped_by_user': stopped('UserInitiated', 'Task stopped by user'),
  'ecs.stopped_by_service': stopped(
    'ServiceSchedulerInitiated',
    'Scaling activity initiated by deployment ecs-svc/1',
  ),
  'ecs.essential_container_exited': {
    story: long,
    sidecarExits: 3,
    variables: { container_name: 'prefect' },
  },
  'ecs.capacity.spot': {
    ...failsToStart(textFor('ecs.capacity.spot')),
    variables: { launch_type: 'FARGATE_SPOT' },
  },
  'ecs.unknown': failsToStart('Something that nobody has ever read.'),
};

function stopped(code: 'UserInitiated' | 'ServiceSchedulerInitiated', reason: string): Way {
  return {
    story: long,
    whenRunning: (world, taskArn) => world.aws.stopTaskAs(taskArn, { code, reason }),
  };
}

function failsToStart(reason: string): Way {
  return befalls({ task: { kind: 'start-failure', failure: { reason } } });
}

/** Default: a task that cannot start, with the first recorded ECS text for the code. */
function wayTo(code: DiagnosisCode): Way {
  const own = ways[code];
  if (own !== undefined) return own;
  return failsToStart(textFor(code));
}

function textFor(code: DiagnosisCode): string {
  const text: RealText | undefined = realTexts.find((one) => one.code === code);
  return text?.stoppedReason ?? text?.reason ?? `no text for ${code}`;
}

function sidecarOf({ sidecarExits = 0 }: Way): EngineStory {
  return { bootMs: 20_000, ending: { kind: 'exits', exitCode: sidecarExits } };
}

function addSidecar(world: World): void {
  const text = JSON.stringify(world.prefect.pool('pool').base_job_template);
  const template = JsonRecord.parse(
    JSON.parse(text, (key, value: unknown) =>
      key === 'containerDefinitions' && Array.isArray(value)
        ? [...value, { name: 'sidecar', image: 'example/sidecar:1', essential: true }]
        : value,
    ),
  );
  world.prefect.updatePool('pool', { base_job_template: template });
}

const codes = Object.keys(diagnosisEntries) as readonly DiagnosisCode[]; // a literal's own keys

/** Plays a run whose task ends this way; returns its state message and the error lines. */
async function storyOf(
  way: Way,
): Promise<{ readonly message: string; readonly log: readonly string[] }> {
  await using world = await World.start({
    // Only the flow's container has the run's id in its environment.
    story: (run) => (run === '' ? sidecarOf(way) : (way.story ?? {})),
    speech: () => (way.line === undefined ? [] : [{ afterMs: 0, text: way.line }]),
  });
  if (way.variables !== undefined) world.configurePool(way.variables);
  if (way.sidecarExits !== undefined) addSidecar(world);
  way.before?.(world);
  const [run = ''] = world.schedule();
  // With a timeout above 0 a run without capacity would wait instead of crashing.
  await world.startWorker({ environment: { PREFECT_ECS_CAPACITY_TIMEOUT_SECONDS: '0' } });
  if (way.whenRunning !== undefined) {
    await world.until('its task runs', () => world.aws.runningTasks()[0]?.lastStatus === 'RUNNING');
    way.whenRunning(world, world.aws.runningTasks()[0]?.taskArn ?? '');
  }
  await world.until('it has crashed', () => world.stateOf(run) === 'Crashed', '30m', '5s');
  await world.elapse('10s');
  return {
    message: world.prefect.stateOf(run).message ?? '',
    log: world.log.filter((line) => /^\S+ worker error /.test(line)),
  };
}

describe('A run whose task dies names the cause and the next step', () => {
  it.each(codes)('for %s', async (code) => {
    const { message, log } = await storyOf(wayTo(code));
    const { advice, documentation } = diagnosisEntries[code];

    // Only the container's output reveals a wrong architecture, and the worker reads it after the
    // crash: too late for the state message.
    const told = code === 'ecs.wrong_architecture' ? (log.at(-1) ?? '') : message;
    expect(told).toContain(`[${code}] `);
    expect(told).toContain(advice);
    expect(told).toContain(documentation);
    expect(told).toContain('task arn:aws:ecs:us-east-1:123456789012:task/default/');
    expect(told).toContain(
      'Task: https://us-east-1.console.aws.amazon.com/ecs/v2/clusters/default/tasks/',
    );
    expect(log.at(-1)).toContain(`[${code}] `);
  });
});

it('A Spot notice is logged and emitted as an event two minutes before the end', async () => {
  await using world = await World.start({ story: () => ({ ...long, onSigterm: 'ignores' }) });
  world.aws.faults.add({ task: { kind: 'spot-interruption', afterMs: 20_000 } });
  const [run = ''] = world.schedule();
  await world.startWorker();
  await world.until('its task runs', () => world.aws.runningTasks()[0]?.lastStatus === 'RUNNING');

  await world.elapse('30s');

  const told = world.log.filter((line) => line.includes('[ecs.spot.interrupted]'));
  expect(told).toEqual([
    expect.stringContaining('worker warning AWS is reclaiming the Spot capacity of this task'),
  ]);
  expect(world.stateOf(run)).toBe('Running');
  expect(
    world.prefect.events.filter(({ event }) => event.endsWith('spot-interruption-notice')),
  ).toMatchObject([
    {
      related: expect.arrayContaining([
        expect.objectContaining({ 'prefect.resource.id': `prefect.flow-run.${run}` }),
      ]),
    },
  ]);
});
