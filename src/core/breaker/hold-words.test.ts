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

describe('what holds runs back', () => {
  it.each([
    [runTask, 'denied', 'AWS denies ecs:RunTask (not allowed).'],
    [{ ...runTask, resource: 'c' }, 'denied', "AWS denies ecs:RunTask for 'c' (not allowed)."],
    [credentials, 'ill', 'No AWS credentials can be had now (not allowed).'],
    [credentials, 'denied', 'AWS is given no credentials that work (not allowed).'],
    [ecs, 'ill', 'Amazon ECS cannot do its work now (not allowed).'],
    [prefect, 'ill', 'Prefect cannot do its work now (not allowed).'],
  ] as const)('is told in the words that were heard: %j %s', (key, why, line) => {
    expect(whyHeld({ key, why, words: 'not allowed. ' })).toBe(line);
  });

  it('is told with what to do, how many wait, and when it is tried again', () => {
    expect(heldLine({ key: runTask, why: 'denied', words: 'no' }, 187, 59_001)).toBe(
      'AWS denies ecs:RunTask (no). Allow ecs:RunTask in the policy of the role or user that AWS names here. ' +
        '187 flow runs wait until that is over. The next try is in 60 s. Statement for the policy: ' +
        '{"Effect":"Allow","Action":"ecs:RunTask","Resource":"*"}',
    );
    expect(heldLine({ key: credentials, why: 'denied', words: 'no' }, 1, 0)).toBe(
      'AWS is given no credentials that work (no). Mend the credentials of the worker, or those of the work pool or the ' +
        'deployment. 1 flow run waits until that is over. The next try is in 1 s.',
    );
    expect(passedOverLine({ key: ecs, why: 'ill', words: 'no' })).toBe(
      'This flow run is not launched for now: Amazon ECS cannot do its work now (no). It stays scheduled, and starts when ' +
        'that is over.',
    );
    expect(passedOverLine({ key: runTask, why: 'denied', words: 'no' })).toMatch(
      /starts when that is mended\. Statement for the policy: \{.*\}$/,
    );
  });

  it('is told when it is over, with how long it was', () => {
    const lines = [runTask, credentials, ecs, prefect].map((key) =>
      overLine({ key, why: 'ill', words: '' }, 61_000, key === ecs ? 1 : 2),
    );

    expect(lines).toEqual([
      'AWS allows ecs:RunTask again after 61 s: 2 flow runs go on.',
      'AWS credentials work again after 61 s: 2 flow runs go on.',
      'Amazon ECS works again after 61 s: 1 flow run goes on.',
      'Prefect works again after 61 s: 2 flow runs go on.',
    ]);
  });
});
