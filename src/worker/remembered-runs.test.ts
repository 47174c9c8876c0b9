import { expect, it } from 'vitest';
import { RememberedRuns } from './remembered-runs.ts';

it('what was found of a run holds while it is in that state', () => {
  const runs = new RememberedRuns<string>();
  runs.remember({ id: 'run', stateId: 'one' }, 'left');
  expect(runs.found({ id: 'run', stateId: 'one' })).toBe('left');
  expect(runs.found({ id: 'run', stateId: 'two' })).toBeUndefined();
  expect(runs.found({ id: 'other', stateId: 'one' })).toBeUndefined();
});

it('a run without a state is not remembered', () => {
  const runs = new RememberedRuns<string>();
  runs.remember({ id: 'run', stateId: undefined }, 'left');
  expect(runs.found({ id: 'run', stateId: undefined })).toBeUndefined();
});

it('ten thousand are remembered, the newest', () => {
  const runs = new RememberedRuns<number>();
  for (let nth = 0; nth <= 10_000; nth += 1) runs.remember({ id: `run ${nth}`, stateId: 's' }, nth);
  expect(runs.found({ id: 'run 0', stateId: 's' })).toBeUndefined();
  expect(runs.found({ id: 'run 1', stateId: 's' })).toBe(1);
});
