import { expect, it } from 'vitest';
import { WorkPool } from '../core/prefect/work-pool.ts';
import { PoolView } from './sync.ts';

const minute = 60_000;
const poolWith = (id: string): WorkPool =>
  WorkPool.parse({ id, name: 'pool', type: 'ecs', base_job_template: {} });

it('A missing pool is logged at first, every ten minutes, and again when it vanishes', () => {
  const view = new PoolView();
  const isTold = [0, 1, 9, 10, 19, 20].map((at) => view.isMissingToBeTold(at * minute));
  expect(isTold).toEqual([true, false, false, true, false, true]);
  view.update(poolWith('a'));
  expect(view.isMissingToBeTold(21 * minute)).toBe(true);
});

it('Every listener hears that the pool was recreated, and nothing else', () => {
  const view = new PoolView();
  const heard: string[] = [];
  view.whenPoolChanges(() => heard.push('one'));
  const unlisten = view.whenPoolChanges(() => heard.push('other'));
  for (const id of ['a', 'a']) view.update(poolWith(id));
  expect(heard).toEqual([]);
  view.update(poolWith('b'));
  unlisten();
  view.update(poolWith('c'));
  expect(heard).toEqual(['one', 'other', 'one']);
});
