import { expect, it } from 'vitest';
import { silentLogger } from '../kernel/logger.ts';
import { Readiness } from './readiness.ts';

function readinessWithLines(): { readonly readiness: Readiness; readonly lines: string[] } {
  const lines: string[] = [];
  const say = (message: string): void => void lines.push(message);
  return { readiness: new Readiness({ ...silentLogger, info: say, warning: say }), lines };
}

it('A worker is ready until something blocks it, and logs each change once', () => {
  const { readiness, lines } = readinessWithLines();
  expect(readiness.readiness()).toEqual({ kind: 'ready' });
  readiness.block('polls', 'Prefect answers 401.');
  readiness.block('polls', 'Prefect answers 401.');
  expect(readiness.readiness()).toEqual({ kind: 'not-ready', reasons: ['Prefect answers 401.'] });
  readiness.unblock('polls');
  readiness.unblock('polls');
  expect(readiness.readiness()).toEqual({ kind: 'ready' });
  expect(lines).toEqual([
    'The worker is not ready: Prefect answers 401.',
    'The worker is ready again.',
  ]);
});

it('A worker that is not ready shows every reason and stays so while one is left', () => {
  const { readiness, lines } = readinessWithLines();
  readiness.block('polls', 'Prefect answers 401.');
  readiness.block('ecs:RunTask', 'denied');
  readiness.block('polls', 'Prefect answers 403.');
  expect(readiness.readiness()).toEqual({
    kind: 'not-ready',
    reasons: ['Prefect answers 403.', 'denied'],
  });
  readiness.unblock('ecs:RunTask');
  expect(readiness.readiness().kind).toBe('not-ready');
  expect(lines.at(-1)).toBe('This no longer keeps the worker from being ready: denied');
});
