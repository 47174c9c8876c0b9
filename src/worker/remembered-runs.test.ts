import { expect, it } from 'vitest';
import { RememberedRuns } from './remembered-runs.ts';

it('A remembered result holds while the run stays in its state', () => {
  const runs = new RememberedRuns<string>();
  runs.remember({ id: 'run', stateId: 'one' }, 'left');
  expect(runs.found({ id: 'run', stateId: 'one' })).toBe('left');
  expect(runs.found({ id: 'run', stateId: 'two' })).toBeUndefined();
  expect(runs.found({ id: 'other', stateId: 'one' })).toBeUndefined();
});

it('A run without a state is not remembered', () => {
  const runs = new RememberedRuns<string>();
  runs.remember({ id: 'run', stateId: undefined }, 'left');
  expect(runs.found({ id: 'run', stateId: undefined })).toBeUndefined();
});

it('The newest ten thousand runs are remembered', () => {
  const runs = new RememberedRuns<number>();
  for (let nth = 0; nth <= 10_000; nth += 1) runs.remember({ id: `run ${nth}`, stateId: 's' }, nth);
  expect(runs.found({ id: 'run 0', stateId: 's' })).toBeUndefined();
  expect(runs.found({ id: 'run 1', stateId: 's' })).toBe(1);
});
