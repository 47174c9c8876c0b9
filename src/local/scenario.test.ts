import { describe, expect, it } from 'vitest';
import { ManualClock } from '../kernel/manual-clock.ts';
import { systemRandom } from '../kernel/random.ts';
import { LocalPrefect } from './prefect/local-prefect.ts';
import { parseScenario } from './scenario.ts';

const vanish = { task: { kind: 'vanish', afterMs: 5 }, probability: 0.1 };
const throttle = { operation: 'POST /logs/', fault: { kind: 'throttle' }, times: 2 };

describe('A scenario file', () => {
  it.each([
    ['a list: rules of the AWS', [vanish], { seed: undefined, aws: [vanish], prefect: [] }],
    ['a seed and rules of both', { seed: 7, aws: [vanish], prefect: [throttle] }, undefined],
    ['nothing at all', {}, { seed: undefined, aws: [], prefect: [] }],
  ])('may be %s', (_what, written, expected) => {
    expect(parseScenario(JSON.stringify(written))).toEqual(expected ?? written);
  });

  it.each([
    ['[{"task":{"kind":"nonsense"}}]', /^aws\[0\]: .*expected/s],
    ['{"prefect":[{"operation":"*","fault":{"kind":"error"}}]}', /^prefect\[0\]: .*status/s],
    [
      '{"prefect":[{"operation":"*","fault":{"kind":"error","status":500,"code":"x"}}]}',
      /^prefect\[0\]: .*code/s,
    ],
    ['{"awz":[]}', /^scenario: .*awz/s],
    ['not JSON', /JSON/],
  ])('with a mistake is refused with an explanation: %s', (text, message) => {
    expect(() => parseScenario(text)).toThrow(message);
  });
});

it('The same seed hits the same calls, whatever else is drawn', async () => {
  const hits = async (faultSeed: number): Promise<readonly number[]> => {
    await using prefect = new LocalPrefect({
      clock: new ManualClock(),
      random: systemRandom,
      faultSeed,
    });
    prefect.faults.add({ operation: '*', fault: { kind: 'throttle' }, probability: 0.5 });
    const statuses: number[] = [];
    for (let call = 0; call < 40; call += 1) {
      statuses.push((await prefect.handle(new Request('http://prefect.local/api/version'))).status);
    }
    return statuses;
  };

  expect(await hits(7)).toEqual(await hits(7));
  expect(await hits(7)).not.toEqual(await hits(8));
});
