import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnosisEntries, type DiagnosisCode } from './diagnosis-codes.ts';
import { realTexts } from './diagnosis-texts.test-support.ts';
import { diagnose, type Diagnosis, type DiagnosisContext } from './diagnosis.ts';
import { ecsTask } from '../task/ecs-task.test-support.ts';
import { reasonOfStartTimeout } from './start-timeout.ts';
import type { EcsContainer, EcsTask } from '../task/task.ts';

const taskArn = 'arn:aws:ecs:eu-west-1:111122223333:task/dev/0f9de17a6465404e8b1b2356dc13c2f8';

function container(changes: Partial<EcsContainer>): EcsContainer {
  return {
    name: 'prefect',
    exitCode: undefined,
    reason: undefined,
    lastStatus: 'STOPPED',
    ...changes,
  };
}

function stopped(changes: Partial<EcsTask>): EcsTask {
  return ecsTask({ taskArn, lastStatus: 'STOPPED', desiredStatus: 'STOPPED', ...changes });
}

function diagnosed(changes: Partial<EcsTask>, context: Partial<DiagnosisContext> = {}): Diagnosis {
  return diagnose(stopped(changes), {
    containerName: 'prefect',
    fate: { kind: 'stopped' },
    ...context,
  });
}

const essential = {
  stopCode: 'EssentialContainerExited',
  stoppedReason: 'Essential container in task exited',
};

describe('Real texts of ECS', () => {
  it.each(
    realTexts.map(
      (one) => [one.code, one.stoppedReason ?? one.reason ?? one.lastLine, one] as const,
    ),
  )('%s: %s', (code, _text, { stopCode, stoppedReason, reason, exitCode, lastLine, provider }) => {
    const task: Partial<EcsTask> = {
      stopCode,
      stoppedReason,
      capacityProviderName: provider,
      containers: [container({ exitCode, reason })],
    };

    expect(diagnosed(task, lastLine === undefined ? {} : { lastLines: ['', lastLine] }).code).toBe(
      code,
    );
  });

  it('number at least 80, each with its source', () => {
    expect(
      new Set(realTexts.map((one) => one.stoppedReason ?? one.reason)).size,
    ).toBeGreaterThanOrEqual(80);
    expect(realTexts.filter((one) => one.source === '')).toEqual([]);
  });
});

describe('A container that exited by itself', () => {
  it.each<[DiagnosisCode, number]>([
    ['ecs.zombie', 0],
    ['ecs.container_exited', 1],
    ['ecs.bad_command', 125],
    ['ecs.not_executable', 126],
    ['ecs.command_not_found', 127],
    ['ecs.killed', 137],
    ['ecs.container_exited', 139],
    ['ecs.sigterm', 143],
    ['ecs.out_of_memory', 247],
    ['ecs.killed', -9],
    ['ecs.sigterm', -15],
  ])('%s: exit code %i', (code, exitCode) => {
    expect(diagnosed({ ...essential, containers: [container({ exitCode })] }).code).toBe(code);
  });

  it('is described with its exit code and the signal behind it', () => {
    const causeOf = (exitCode: number): string =>
      diagnosed({ containers: [container({ exitCode })] }).cause;

    expect(causeOf(3)).toBe('The process exited with code 3.');
    expect(causeOf(139)).toBe('The process exited with code 139 (signal 11).');
    expect(causeOf(255)).toBe('The process exited with code 255.');
  });

  it('is found even under an unexpected name', () => {
    const flow = container({ name: 'flow', exitCode: 127 });
    const side = container({ name: 'side', exitCode: 0 });

    expect(diagnosed({ ...essential, containers: [side, flow] }).code).toBe(
      'ecs.command_not_found',
    );
    expect(diagnosed({ ...essential, containers: [side] }).code).toBe('ecs.zombie');
  });

  it("is not blamed for a stop by AWS or a user, whatever the program's exit code", () => {
    const containers = [container({ exitCode: 1 })];

    expect(diagnosed({ stopCode: 'SpotInterruption', containers }).code).toBe(
      'ecs.spot.interrupted',
    );
    expect(diagnosed({ stopCode: 'UserInitiated', containers }).code).toBe('ecs.stopped_by_user');
  });

  it('has the wrong architecture only if it failed and its last line says so', () => {
    const lastLines = ['exec /bin/sh: exec format error'];
    const codeOf = (exitCode: number): DiagnosisCode =>
      diagnosed({ ...essential, containers: [container({ exitCode })] }, { lastLines }).code;

    expect(codeOf(255)).toBe('ecs.wrong_architecture');
    expect(codeOf(0)).toBe('ecs.zombie');
  });
});

describe('Another container of the task', () => {
  const withSide = (own: Partial<EcsContainer>, side: Partial<EcsContainer>): Diagnosis =>
    diagnosed({ ...essential, containers: [container(own), container({ name: 'side', ...side })] });

  it.each<[DiagnosisCode, string, Partial<EcsContainer>, Partial<EcsContainer>]>([
    ['ecs.essential_container_exited', 'failed first', { exitCode: 143 }, { exitCode: 1 }],
    ['ecs.essential_container_exited', 'exited first, with 0', { exitCode: 143 }, { exitCode: 0 }],
    ['ecs.essential_container_exited', 'failed before ours ran', {}, { exitCode: 2 }],
    [
      'ecs.essential_container_exited',
      'failed, and ours ignored SIGTERM',
      { exitCode: 137 },
      { exitCode: 1 },
    ],
    ['ecs.killed', 'exited with 0 after SIGTERM', { exitCode: 137 }, { exitCode: 0 }],
    ['ecs.sigterm', 'got SIGTERM as ours did', { exitCode: 143 }, { exitCode: 143 }],
    ['ecs.sigterm', 'never ran', { exitCode: 143 }, {}],
    ['ecs.container_exited', 'failed after ours', { exitCode: 3 }, { exitCode: 1 }],
    [
      'ecs.unknown',
      'failed, but ours has a reason of its own',
      { reason: 'Fell over.' },
      { exitCode: 1 },
    ],
  ])('%s: %s', (code, _title, own, side) => {
    expect(withSide(own, side).code).toBe(code);
  });

  it('is named with its exit code and reason', () => {
    expect(
      withSide({ exitCode: 143 }, { exitCode: 137, reason: 'OutOfMemoryError: Container killed' })
        .cause,
    ).toBe(
      "Container 'side' exited first (exit code 137, OutOfMemoryError: Container killed), so ECS stopped the whole task.",
    );
    expect(withSide({ exitCode: 143 }, { reason: 'Gone' }).cause).toContain(
      "'side' exited first (Gone)",
    );
  });

  it('that failed to start is named if ours never ran', () => {
    const { code, cause } = withSide(
      {},
      { name: undefined, reason: 'CannotPullContainerError: no' },
    );

    expect(code).toBe('ecs.image_pull.failed');
    expect(cause).toMatch(/^Container '<unknown>': The image could not be pulled, for a reason /);
    expect(withSide({}, { exitCode: 5, reason: 'Strange' }).code).toBe(
      'ecs.essential_container_exited',
    );
  });
});

describe('A stopped task', () => {
  const causeOf = (stopCode: string, stoppedReason?: string): string =>
    diagnosed({ stopCode, stoppedReason, containers: [container({ exitCode: 143 })] }).cause;

  it('is described with who stopped it and why', () => {
    expect(causeOf('UserInitiated', 'Stopped by Prefect worker')).toBe(
      'A Prefect worker stopped the task.',
    );
    expect(causeOf('UserInitiated', 'Task stopped by user')).toBe(
      'The task was stopped with StopTask, without a reason.',
    );
    expect(causeOf('UserInitiated')).toBe('The task was stopped with StopTask, without a reason.');
    expect(causeOf('UserInitiated', 'night\nshift')).toBe(
      "The task was stopped with StopTask, for the reason 'night shift'.",
    );
    expect(
      causeOf('ServiceSchedulerInitiated', 'Scaling activity initiated by (deployment ecs-svc/42)'),
    ).toBe('The scheduler of an ECS service stopped the task (deployment ecs-svc/42).');
    expect(causeOf('ServiceSchedulerInitiated')).toBe(
      'The scheduler of an ECS service stopped the task.',
    );
  });

  it("is not diagnosed from a user's free text", () => {
    const task = {
      stopCode: 'UserInitiated',
      stoppedReason: 'CannotPullContainerError: not found, I guess',
    };
    const side = container({ name: 'side', reason: 'CannotPullContainerError: not found' });

    expect(diagnosed({ ...task, containers: [container({}), side] }).code).toBe(
      'ecs.stopped_by_user',
    );
  });

  it("is diagnosed from its container's own reason first", () => {
    const reason = 'OutOfMemoryError: Container killed due to memory usage';

    expect(
      diagnosed({ stopCode: 'UserInitiated', containers: [container({ exitCode: 137, reason })] })
        .code,
    ).toBe('ecs.out_of_memory');
  });

  it('had no capacity if Spot stopped it before it ran', () => {
    expect(diagnosed({ stopCode: 'SpotInterruption', containers: [container({})] }).code).toBe(
      'ecs.capacity.spot',
    );
    expect(diagnosed({ stopCode: 'SpotInterruption', startedAt: new Date(0) }).code).toBe(
      'ecs.spot.interrupted',
    );
  });

  it.each([
    ['FARGATE_SPOT', 'ecs.capacity.spot'],
    ['own-instances', 'ecs.host_retired'],
  ])('with a termination notice before it ran, on %s: %s', (capacityProviderName, code) => {
    expect(diagnosed({ stopCode: 'TerminationNotice', capacityProviderName }).code).toBe(code);
  });

  it("is diagnosed from ECS's reason even if it exited with 0", () => {
    const reason = 'Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:x)';
    const zombie = { fate: { kind: 'zombie' } } as const;

    expect(diagnosed({ stoppedReason: reason }, zombie).code).toBe('ecs.health_check_failed');
    expect(diagnosed(essential, zombie).code).toBe('ecs.zombie');
    expect(diagnosed(essential, zombie).advice).toContain('`entryPoint`');
  });

  it('is not diagnosed from an agent container that AWS added', () => {
    const agent = container({
      name: 'aws-guardduty-agent-x',
      exitCode: 0,
      reason: 'CannotPullContainerError',
    });

    expect(
      diagnosed({ ...essential, containers: [agent, container({ exitCode: 143 })] }).code,
    ).toBe('ecs.sigterm');
    expect(diagnosed({ containers: [agent, container({})] }).code).toBe('ecs.unknown');
  });

  it('is diagnosed from the stop code alone if AWS stopped it', () => {
    expect(diagnosed({ stopCode: 'TerminationNotice', startedAt: new Date(0) }).code).toBe(
      'ecs.spot.interrupted',
    );
    expect(diagnosed({ stopCode: 'InfrastructureHealth' }).code).toBe('ecs.host_retired');
  });
});

describe('A start timeout', () => {
  const causeIn = (lastStatus: string): string =>
    diagnosed({}, { fate: { kind: 'start-timed-out', elapsedSeconds: 300, lastStatus } }).cause;

  it('says what the task was waiting for', () => {
    expect(causeIn('PROVISIONING')).toBe(
      'The task was stopped because it did not start within 300 s: ' +
        'it was still waiting for capacity and its network interface (PROVISIONING).',
    );
    expect(causeIn('PENDING')).toContain('the image pull');
    expect(causeIn('ACTIVATING')).toContain('become healthy');
    expect(causeIn('UNKNOWN')).toContain('ECS to accept it');
    expect(causeIn('DEPROVISIONING')).toContain('its status to change from DEPROVISIONING');
  });

  it('is recognized from the stopped reason', () => {
    const { code, cause } = diagnosed({
      stopCode: 'UserInitiated',
      stoppedReason: reasonOfStartTimeout(300),
    });

    expect(code).toBe('ecs.start_timeout');
    expect(cause).toBe('The task was stopped because it did not start within 300 s.');
  });
});

it('A task without an instance is diagnosed as lack of capacity, not as a slow start', () => {
  const context = {
    fate: { kind: 'start-timed-out', elapsedSeconds: 1_805, lastStatus: 'PROVISIONING' },
  } as const;
  const causeOn = (capacityProviderName: string | undefined, lastStatus = 'PROVISIONING') => {
    const { code, cause } = diagnosed({ lastStatus, capacityProviderName }, context);
    return `${code} ${cause}`;
  };

  expect(causeOn('own')).toBe(
    "ecs.capacity.ec2 The task was stopped because capacity provider 'own' had no instance for it within 1805 s.",
  );
  expect(causeOn('own', 'PENDING')).toMatch(/^ecs.start_timeout /);
  expect(causeOn('FARGATE')).toMatch(/^ecs.start_timeout /);
  expect(causeOn('FARGATE_SPOT')).toMatch(/^ecs.start_timeout /);
  expect(causeOn(undefined)).toMatch(/^ecs.start_timeout /);
});

describe('An unobserved end', () => {
  const vanished: Partial<DiagnosisContext> = { fate: { kind: 'vanished' } };

  it("is diagnosed from the task's last description", () => {
    const seen = {
      lastStatus: 'RUNNING',
      stopCode: 'TerminationNotice',
      containers: [container({})],
    };

    expect(diagnosed(seen, vanished).code).toBe('ecs.spot.interrupted');
    expect(diagnosed({ lastStatus: 'RUNNING' }, vanished).code).toBe('ecs.vanished');
    expect(diagnose(undefined, { containerName: 'prefect', fate: { kind: 'vanished' } }).code).toBe(
      'ecs.vanished',
    );
  });

  it('is a zombie if the process exited but the run has no end', () => {
    expect(diagnosed({}, { fate: { kind: 'zombie' } }).code).toBe('ecs.zombie');
  });

  it('is a lost agent if the task ran but has no exit code', () => {
    expect(
      diagnosed({ ...essential, startedAt: new Date(0), containers: [container({})] }).code,
    ).toBe('ecs.agent_lost');
  });
});

describe('An unknown reason', () => {
  it("is quoted in ECS's words", () => {
    expect(
      diagnosed({ stopCode: 'TaskFailedToStart', stoppedReason: 'The moon\nis full.' }),
    ).toEqual({
      ...diagnosisEntries['ecs.unknown'],
      code: 'ecs.unknown',
      cause:
        "The task stopped for a reason that this worker does not recognize: 'The moon is full.'.",
    });
    expect(
      diagnosed({
        stoppedReason: 'Task failed to start',
        containers: [container({ reason: 'Odd' })],
      }).cause,
    ).toBe("The task stopped for a reason that this worker does not recognize: 'Odd'.");
    expect(diagnosed({ stoppedReason: 'Task failed to start' }).cause).toContain(
      'Task failed to start',
    );
  });

  it('may also be none at all', () => {
    expect(diagnosed({}).cause).toBe('The task stopped, and ECS gave no reason.');
    expect(diagnose(undefined, { containerName: 'prefect', fate: { kind: 'stopped' } }).code).toBe(
      'ecs.unknown',
    );
  });
});

describe('The codes', () => {
  it('each appear in a test', () => {
    const elsewhere: readonly DiagnosisCode[] = [
      'ecs.vanished',
      'ecs.zombie',
      'ecs.essential_container_exited',
    ];
    const given = new Set<string>([...elsewhere, ...realTexts.map((one) => one.code)]);

    expect(Object.keys(diagnosisEntries).filter((code) => !given.has(code))).toEqual([]);
  });

  it('each have one-line texts and an AWS page', () => {
    for (const entry of Object.values(diagnosisEntries)) {
      expect(entry.cause).toMatch(/^[A-Z][^\n]+\.$/);
      expect(entry.advice).toMatch(/^[A-Z][^\n]+\.$/);
      expect(entry.documentation).toMatch(
        /^https:\/\/docs\.aws\.amazon\.com\/AmazonECS\/latest\/developerguide\/[\w-]+\.html$/,
      );
    }
  });
});

it('A diagnosis never throws, and always has a known code and a one-line cause', () => {
  const fragments = realTexts.map((one) => one.stoppedReason ?? one.reason ?? '');
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc.array(fc.integer({ min: 0, max: 0xff_ff })).map((units) => String.fromCharCode(...units)),
    fc.array(fc.constantFrom(...fragments), { maxLength: 4 }).map((parts) => parts.join('\u2028')),
    fc.constantFrom(...fragments).map((part) => part.slice(3, -3)),
    fc
      .constantFrom('a', '\uD800', 'exec: ', '\n', 'secret from ')
      .map((part) => part.repeat(300_000)),
  );
  const maybe = fc.option(text, { nil: undefined });
  const containers = fc.array(
    fc
      .record({ name: maybe, exitCode: fc.option(fc.integer(), { nil: undefined }), reason: maybe })
      .map(container),
    { maxLength: 3 },
  );

  fc.assert(
    fc.property(
      maybe,
      maybe,
      containers,
      fc.array(text, { maxLength: 2 }),
      (stopCode, stoppedReason, all, lastLines) => {
        const { code, cause } = diagnosed(
          { stopCode, stoppedReason, containers: all },
          { lastLines },
        );

        expect(diagnosisEntries).toHaveProperty([code]);
        expect(cause.length).toBeLessThan(2048);
        expect(cause).not.toMatch(/[\n\r\p{Cs}]/u);
      },
    ),
    { numRuns: 300 },
  );
});
