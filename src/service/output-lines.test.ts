import { expect, it } from 'vitest';
import { silentLogger } from '../kernel/logger.ts';
import { lineShower } from './output-lines.ts';

const run = { id: 'id', name: 'tidy-owl' };

it.each([
  [true, 'tidy-owl | {"level": "info"}\ntidy-owl | next\n'],
  [false, '{"level": "info"}\nnext\n'],
])('Container lines are prefixed with the run’s name: %s', (hasPrefix, expected) => {
  let written = '';
  const sink = { write: (text: string) => void (written += text) };

  lineShower('text', sink, silentLogger, hasPrefix)(run, '{"level": "info"}\nnext');

  expect(written).toBe(expected);
});
