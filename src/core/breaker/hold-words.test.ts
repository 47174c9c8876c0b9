import { describe, expect, it } from 'vitest';
import type { HoldKey } from './hold-key.ts';
import { heldLine, overLine, passedOverLine, whyHeld } from './hold-words.ts';

const runTask: HoldKey = {
  kind: 'right',
  session: 's',
  operation: 'RunTask',
  action: 'ecs:RunTask',
  resource: undefined,
};
const credentials: HoldKey = { kind: 'credentials', session: 's' };
const ecs: HoldKey = { kind: 'service', session: 's', service: 'ecs' };
const prefect: HoldKey = { kind: 'service', session: 'prefect', service: 'deployment d' };

describe('The texts about runs on hold', () => {
  it.each([
    [runTask, 'denied', 'AWS denies ecs:RunTask (not allowed).'],
    [{ ...runTask, resource: 'c' }, 'denied', "AWS denies ecs:RunTask for 'c' (not allowed)."],
    [credentials, 'ill', 'AWS credentials are temporarily unavailable (not allowed).'],
    [credentials, 'denied', 'No working AWS credentials are available (not allowed).'],
    [ecs, 'ill', 'Amazon ECS is unavailable (not allowed).'],
    [prefect, 'ill', 'Prefect is unavailable (not allowed).'],
  ] as const)('quote the error that caused the hold: %j %s', (key, why, line) => {
    expect(whyHeld({ key, why, words: 'not allowed. ' })).toBe(line);
  });

  it('say what to do, how many runs are on hold, and when the next attempt is', () => {
    expect(heldLine({ key: runTask, why: 'denied', words: 'no' }, 187, 59_001)).toBe(
      'AWS denies ecs:RunTask (no). Allow ecs:RunTask in a policy of the role or user that AWS names here. ' +
        '187 flow runs are on hold. Next attempt in 60 s. Policy statement to add: ' +
        '{"Effect":"Allow","Action":"ecs:RunTask","Resource":"*"}',
    );
    expect(heldLine({ key: credentials, why: 'denied', words: 'no' }, 1, 0)).toBe(
      'No working AWS credentials are available (no). Fix the credentials of the worker, the work pool or the deployment. ' +
        '1 flow run is on hold. Next attempt in 1 s.',
    );
    expect(passedOverLine({ key: ecs, why: 'ill', words: 'no' })).toBe(
      'This flow run is on hold: Amazon ECS is unavailable (no). It stays scheduled and is launched once this is resolved.',
    );
    expect(passedOverLine({ key: runTask, why: 'denied', words: 'no' })).toMatch(
      /once this is resolved\. Policy statement to add: \{.*\}$/,
    );
  });

  it('say that the hold ended, and how long it lasted', () => {
    const lines = [runTask, credentials, ecs, prefect].map((key) =>
      overLine({ key, why: 'ill', words: '' }, 61_000, key === ecs ? 1 : 2),
    );

    expect(lines).toEqual([
      'AWS allows ecs:RunTask again after 61 s: 2 flow runs are no longer on hold.',
      'AWS credentials work again after 61 s: 2 flow runs are no longer on hold.',
      'Amazon ECS works again after 61 s: 1 flow run is no longer on hold.',
      'Prefect works again after 61 s: 2 flow runs are no longer on hold.',
    ]);
  });
});
