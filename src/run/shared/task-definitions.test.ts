import { describe, expect, it } from 'vitest';
import { AwsCallError } from '../../core/diagnosis/aws-error.ts';
import { fingerprintOf } from '../../core/plan/canonical-definition.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { seededRandom } from '../../kernel/random.ts';
import { openGate } from './gate.ts';
import { Definitions } from './task-definitions.ts';
import { type DefinitionSession, type PreparedDefinition } from './provided-definition.ts';

const never = new AbortController().signal;
const document = (image: string): JsonObject => ({
  family: 'f',
  containerDefinitions: [{ name: 'prefect', image }],
});
const prepared = (image: string): PreparedDefinition => ({
  document: document(image),
  family: 'f',
  fingerprint: fingerprintOf(document(image)),
  redactor: { document: (shown) => shown },
});

/** An ECS with these revisions, which counts its calls. */
function ecsWith(...revisions: JsonObject[]) {
  const calls = { described: 0, registered: 0 };
  const failures: Error[] = [];
  const session: DefinitionSession = {
    key: 'session',
    gate: openGate,
    describeTaskDefinition: () => {
      calls.described += 1;
      const newest = revisions.at(-1);
      return newest === undefined
        ? Promise.reject(
            new AwsCallError({
              code: 'ClientException',
              message: 'Unable to describe task definition.',
              operation: 'd',
              status: 400,
            }),
          )
        : Promise.resolve(newest);
    },
    registerTaskDefinition: async (given) => {
      calls.registered += 1;
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      const registered = {
        ...given,
        taskDefinitionArn: `f:${revisions.length + 1}`,
        status: 'ACTIVE',
      };
      revisions.push(registered);
      return registered;
    },
  };
  return { session, calls, failures };
}

function definitions(): { readonly known: Definitions; readonly clock: ManualClock } {
  const clock = new ManualClock();
  const retry = { attempts: 3, initialDelaySeconds: 1, maxDelaySeconds: 10 };
  return { known: new Definitions(clock, seededRandom(1), () => retry), clock };
}

describe('Task definitions', () => {
  it('A definition is registered once for 50 simultaneous first runs', async () => {
    const { session, calls } = ecsWith();
    const { known } = definitions();

    const provided = await Promise.all(
      Array.from({ length: 50 }, () =>
        known.provide(prepared('a'), false, session, silentLogger, never),
      ),
    );

    expect(new Set(provided.map(({ arn }) => arn))).toEqual(new Set(['f:1']));
    expect(provided.filter(({ newlyRegistered }) => newlyRegistered)).toHaveLength(1);
    expect(calls).toEqual({ described: 1, registered: 1 });
  });

  it('A definition is found again after a restart', async () => {
    const { session, calls } = ecsWith({
      ...document('a'),
      taskDefinitionArn: 'f:7',
      status: 'ACTIVE',
    });

    const { arn, newlyRegistered } = await definitions().known.provide(
      prepared('a'),
      false,
      session,
      silentLogger,
      never,
    );

    expect([arn, newlyRegistered, calls]).toEqual(['f:7', false, { described: 1, registered: 0 }]);
  });

  it('A changed definition gets a new revision without another look-up of its family', async () => {
    const { session, calls } = ecsWith();
    const { known } = definitions();

    for (const image of ['a', 'b', 'a', 'b'])
      await known.provide(prepared(image), false, session, silentLogger, never);

    expect(calls).toEqual({ described: 1, registered: 2 });
  });

  it('An evicted definition is provided anew', async () => {
    const { session, calls } = ecsWith();
    const { known } = definitions();
    const { arn } = await known.provide(prepared('a'), false, session, silentLogger, never);

    known.evict(arn);
    await known.provide(prepared('a'), false, session, silentLogger, never);

    expect(calls.described).toBe(2);
  });

  it('A registration is retried after a refusal that may heal, and not after any other', async () => {
    const healing = ecsWith();
    healing.failures.push(
      new AwsCallError({
        code: 'ClientException',
        message: 'Too many concurrent attempts to create a new revision of the specified family.',
        operation: 'r',
        status: 400,
      }),
    );
    const hopeless = ecsWith();
    const denied = new AwsCallError({
      code: 'AccessDeniedException',
      message: 'no',
      operation: 'r',
      status: 400,
    });
    hopeless.failures.push(denied);
    const { known, clock } = definitions();

    const healed = known.provide(prepared('a'), false, healing.session, silentLogger, never);
    await clock.elapse(5_000);

    expect((await healed).arn).toBe('f:1');
    await expect(
      definitions().known.provide(prepared('a'), false, hopeless.session, silentLogger, never),
    ).rejects.toBe(denied);
    expect(hopeless.calls.registered).toBe(1);
  });
});
