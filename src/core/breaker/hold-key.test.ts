import { describe, expect, it } from 'vitest';
import type { Denial } from '../diagnosis/denial.ts';
import type { ChosenByRun } from '../job/ecs-job.ts';
import { aJob } from '../plan/a-job.test-support.ts';
import {
  concerns,
  isProbedWithoutRun,
  isRunsOwn,
  keyOfDenial,
  stopsEveryRun,
  textOfKey,
  type HoldKey,
  type Needs,
} from './hold-key.ts';
import { needsOf } from './needs.ts';

const role = 'arn:aws:iam::111122223333:role/task';
const nothing: ChosenByRun = { credentials: false, cluster: false, definition: false, roles: [] };
const needs = (changes: Partial<Needs> = {}): Needs => ({
  sessionKey: 's',
  cluster: 'c',
  roles: [],
  chosen: nothing,
  ...changes,
});
const right = (action: string, resource?: string): Denial => ({
  kind: 'right',
  action,
  resource,
  words: 'no',
});
const definitionArn = 'arn:aws:ecs:us-east-1:111122223333:task-definition/job:3';

function keyOf(denial: Denial, operation = 'RunTask', asking = needs()): HoldKey {
  const key = keyOfDenial(denial, operation, asking);
  if (key === undefined) throw new Error('it counts for nothing');
  return key;
}

describe('The key of a denial', () => {
  it('covers one cluster if the run chose it, else every cluster', () => {
    const named = needs({ chosen: { ...nothing, cluster: true } });
    const anywhere = keyOf(right('ecs:RunTask'));
    const there = keyOf(right('ecs:RunTask'), 'RunTask', named);

    expect(there).toMatchObject({ resource: 'c' });
    expect([anywhere, there].map((key) => concerns(key, named, ['RunTask']))).toEqual([
      false,
      true,
    ]);
    expect([anywhere, there].map((key) => concerns(key, needs(), ['RunTask']))).toEqual([
      true,
      false,
    ]);
    expect(textOfKey(anywhere)).not.toBe(textOfKey(there));
  });

  it('covers the role for iam:PassRole', () => {
    const key = keyOf(right('iam:PassRole', role));

    expect(concerns(key, needs({ roles: [role] }), ['RunTask'])).toBe(true);
    expect(concerns(key, needs({ roles: ['arn:other'] }), ['RunTask'])).toBe(false);
    expect(concerns(keyOf(right('iam:PassRole')), needs(), ['RunTask'])).toBe(true);
  });

  it("does not exist for a definition that the run chose: that is the run's own error", () => {
    const named = needs({ chosen: { ...nothing, definition: true } });

    expect(keyOfDenial(right('ecs:RunTask', definitionArn), 'RunTask', named)).toBeUndefined();
    expect(keyOfDenial(right('ecs:RunTask', definitionArn), 'RunTask', needs())).toBeDefined();
    expect(keyOfDenial(right('ecs:RunTask'), 'RunTask', named)).toBeDefined();
  });

  it('concerns only runs that make the refused call with the same credentials', () => {
    const key = keyOf(right('ecs:RegisterTaskDefinition'), 'RegisterTaskDefinition');

    expect(concerns(key, needs(), ['RunTask'])).toBe(false);
    expect(concerns(key, needs(), ['RegisterTaskDefinition', 'RunTask'])).toBe(true);
    expect(concerns(key, needs({ sessionKey: 'other' }), ['RegisterTaskDefinition'])).toBe(false);
  });

  it('of credentials concerns every call that uses them', () => {
    const key = keyOf({ kind: 'credentials', mayPass: true, words: 'none' });

    expect(concerns(key, needs(), ['DescribeVpcs'])).toBe(true);
    expect(textOfKey(key)).toContain('credentials');
  });
});

describe('A failing service', () => {
  const ill = (service: string): HoldKey => ({ kind: 'service', session: 's', service });

  it.each([
    ['ecs', ['DescribeTaskDefinition', 'RunTask'], true],
    ['ecs', ['DescribeVpcs', 'RunTask'], false],
    ['ecs', ['RunTask'], false],
    ['ec2', ['DescribeSubnets'], true],
    ['sts', ['RegisterTaskDefinition'], true],
    ['deployment d', ['deployment d'], true],
    ['deployment d', ['deployment e'], false],
  ])('%s concerns %j: %s', (service, operations, isConcerned) => {
    expect(concerns(ill(service), needs(), operations)).toBe(isConcerned);
    expect(textOfKey(ill(service))).toContain(service);
  });
});

describe('The choice behind a denial', () => {
  const anywhere = keyOf(right('ecs:RunTask'));
  const passRole = keyOf(right('iam:PassRole', role));
  const credentials = keyOf({ kind: 'credentials', mayPass: false, words: 'none' });

  it("is the run's own if it named the credentials, the cluster or the role", () => {
    const own = (chosen: Partial<ChosenByRun>): Pick<Needs, 'chosen'> => ({
      chosen: { ...nothing, ...chosen },
    });
    const there: HoldKey = {
      ...anywhere,
      kind: 'right',
      operation: 'RunTask',
      action: 'ecs:RunTask',
      resource: 'c',
    };

    expect(isRunsOwn(credentials, own({ credentials: true }))).toBe(true);
    expect(isRunsOwn(credentials, own({}))).toBe(false);
    expect(isRunsOwn(there, own({ cluster: true }))).toBe(true);
    expect(isRunsOwn(anywhere, own({ cluster: true }))).toBe(false);
    expect(isRunsOwn(passRole, own({ roles: [role] }))).toBe(true);
    expect(isRunsOwn(passRole, own({ roles: [] }))).toBe(false);
  });

  it('stops every run only if no run made it', () => {
    const register = keyOf(right('ecs:RegisterTaskDefinition'), 'RegisterTaskDefinition');
    const ill: HoldKey = { kind: 'service', session: 's', service: 'ecs' };

    expect([anywhere, register, credentials].map((key) => stopsEveryRun(key, false))).toEqual([
      true,
      true,
      true,
    ]);
    expect([anywhere, register, credentials].map((key) => stopsEveryRun(key, true))).toEqual([
      false,
      false,
      false,
    ]);
    expect([passRole, ill].map((key) => stopsEveryRun(key, false))).toEqual([false, false]);
    expect(stopsEveryRun(keyOf(right('ecs:TagResource')), false)).toBe(false);
  });

  it('is tested without a run where RunTask alone shows the answer', () => {
    expect([anywhere, credentials].map(isProbedWithoutRun)).toEqual([true, true]);
    expect([passRole, keyOf(right('ecs:TagResource'))].map(isProbedWithoutRun)).toEqual([
      false,
      false,
    ]);
  });
});

it('A job needs its cluster and roles, wherever its template names them', () => {
  const job = aJob({
    cluster: 'pool-cluster',
    executionRoleArn: 'arn:execution',
    taskDefinition: { taskRoleArn: 'arn:task' },
    taskRunRequest: { cluster: 'own-cluster', overrides: { taskRoleArn: 'arn:override' } },
  });

  expect(needsOf(job, 's')).toMatchObject({
    cluster: 'own-cluster',
    roles: ['arn:execution', 'arn:task', 'arn:override'],
  });
  expect(needsOf(aJob({ cluster: 'pool-cluster' }), 's').cluster).toBe('pool-cluster');
});
