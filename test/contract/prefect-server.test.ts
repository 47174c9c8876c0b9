import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../end-to-end/processes.ts';
import { ours, real, type Backend } from './prefect-backends.ts';
import { recorded, tour } from './prefect-endpoints.ts';
import { leftBehind, pages, race, secondLives } from './prefect-stories.ts';
import { socketTour } from './prefect-sockets.ts';
import { cells, groundOf, playAll } from './prefect-transitions.ts';

const minutes = (count: number): number => count * 60_000;

const authString = 'user:open sesame';

describe.skipIf(!existsSync(`${projectRoot}.venv/bin/prefect`))(
  'one suite, two Prefect servers',
  () => {
    let local: Backend;
    let genuine: Backend;
    let guardedLocal: Backend;
    let guardedGenuine: Backend;

    beforeAll(async () => {
      [local, genuine, guardedLocal, guardedGenuine] = await Promise.all([
        ours(),
        real(),
        ours({ authString }),
        real({ authString }),
      ]);
    }, minutes(2));
    afterAll(async () => {
      for (const backend of [local, genuine, guardedLocal, guardedGenuine])
        await backend[Symbol.asyncDispose]();
    });

    it.each([
      ['answers every endpoint alike', tour],
      ['keeps the same of runs whose pool, deployment or worker goes', leftBehind],
      ['offers and refuses alike after retries, pauses and results', secondLives],
      ['finds runs page by page alike', pages],
    ])('%s', async (_title, story) => {
      const theirs = await recorded(genuine, story);
      const mine = await recorded(local, story);

      for (const [at, step] of theirs.entries()) expect.soft(mine[at], step.call).toEqual(step);
      expect(mine).toHaveLength(theirs.length);
    });

    it('lists states by their own times, and the last is often not the present one', async () => {
      let other = 0;
      for (let round = 0; round < 30; round += 1) {
        const { present, states } = await race(genuine, `race-${round}`);
        const times = states.map(({ timestamp }) => Date.parse(timestamp));
        expect(times).toEqual(times.toSorted((one, two) => one - two));
        expect(states.map(({ id }) => id)).toContain(present);
        if (states.at(-1)?.id !== present) other += 1;
      }

      // seen: one of three. The local server does it under the fault late-commit
      expect(other).toBeGreaterThan(0);
    });

    it.each([
      ['', undefined],
      [' where clients must know a secret', authString],
    ])(
      'answers on every socket alike%s',
      async (_where, token) => {
        const theirs = await socketTour(token === undefined ? genuine : guardedGenuine, token);
        const mine = await socketTour(token === undefined ? local : guardedLocal, token);

        for (const [name, heard] of Object.entries(theirs))
          expect.soft(mine[name], name).toEqual(heard);
        expect(Object.keys(mine)).toEqual(Object.keys(theirs));
      },
      minutes(1),
    );

    it(
      `answers every transition alike: ${cells.length} cells`,
      async () => {
        const theirs = await playAll(await groundOf(genuine), 6);
        const mine = await playAll(await groundOf(local), 1);
        const different = cells
          .filter(({ name }) => JSON.stringify(mine.get(name)) !== JSON.stringify(theirs.get(name)))
          .map(({ name }) => ({ name, mine: mine.get(name), theirs: theirs.get(name) }));

        expect(different).toEqual([]);
      },
      minutes(5),
    );
  },
);
