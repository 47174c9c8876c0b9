import { expect, it } from 'vitest';
import { sharedAbortController } from '../kernel/abort.ts';
import { withTaskGroup } from '../kernel/task-group.ts';
import { HeldSlots } from './held-slots.ts';
import { Slots } from './slots.ts';

/** Plays `body` with held slots in a group; resolves when the group has ended. */
async function held(
  body: (parts: { slots: Slots; heldSlots: HeldSlots; drain: AbortController }) => Promise<void>,
  { limit }: { readonly limit: number | undefined } = { limit: 1 },
): Promise<Slots> {
  const slots = new Slots(limit);
  const drain = sharedAbortController();
  await withTaskGroup(new AbortController().signal, async (group) => {
    await body({ slots, heldSlots: new HeldSlots(slots, group, drain.signal), drain });
    drain.abort(new Error('drained'));
  });
  return slots;
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(new Error('over'));
    signal.addEventListener('abort', () => reject(new Error('over')));
  });
const aMoment = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

it('A released run counts against the limit until its task has stopped', async () => {
  const slots = await held(async ({ slots: taken, heldSlots }) => {
    let stopped: () => void = () => undefined;
    heldSlots.hold('run', () => new Promise((resolve) => (stopped = resolve)));
    expect(taken.isFull).toBe(true);
    stopped();
    await aMoment();
    expect(taken.taken).toBe(0);
  });
  expect(slots.taken).toBe(0);
});

it('A run that is adopted again counts once, by its new slot', async () => {
  await held(async ({ slots, heldSlots }) => {
    heldSlots.hold('run', untilAborted);
    heldSlots.hold('run', untilAborted);
    await aMoment();
    expect(slots.taken).toBe(1);
    heldSlots.release('run');
    heldSlots.release('run');
    await aMoment();
    expect(slots.taken).toBe(0);
  });
});

it('A draining worker holds no slots', async () => {
  const slots = await held(async ({ slots: taken, heldSlots, drain }) => {
    heldSlots.hold('run', untilAborted);
    drain.abort(new Error('drained'));
    await aMoment();
    expect(taken.taken).toBe(0);
    heldSlots.hold('another', untilAborted);
    expect(taken.taken).toBe(0);
  });
  expect(slots.taken).toBe(0);
});

it('A worker without a limit holds no slots and makes no calls for them', async () => {
  await held(
    async ({ slots, heldSlots }) => {
      let asked = 0;
      heldSlots.hold('run', async () => void (asked += 1));
      await aMoment();

      expect([slots.taken, asked]).toEqual([0, 0]);
    },
    { limit: undefined },
  );
});
