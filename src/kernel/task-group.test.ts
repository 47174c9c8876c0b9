import { describe, expect, it } from 'vitest';
import { aborted } from './abort.ts';
import { childOf, withTaskGroup } from './task-group.ts';

const never = new AbortController().signal;

describe('withTaskGroup', () => {
  it('returns what the body returns, after every child has ended', async () => {
    const order: string[] = [];

    const result = await withTaskGroup(never, async (group) => {
      group.spawn('child', async () => {
        await Promise.resolve();
        order.push('child');
      });
      return 'done';
    });

    expect([...order, result]).toEqual(['child', 'done']);
  });

  it('stops the siblings of a child that fails, and throws its error', async () => {
    let siblingStopped = false;

    const group = withTaskGroup(never, async (tasks) => {
      tasks.spawn('sibling', async (signal) => {
        await aborted(signal);
        siblingStopped = true;
      });
      tasks.spawn('broken', () => Promise.reject(new Error('broken')));
    });

    await expect(group).rejects.toThrow('broken');
    expect(siblingStopped).toBe(true);
  });

  it('waits for children that were spawned by children', async () => {
    const ended: string[] = [];

    await withTaskGroup(never, async (group) => {
      group.spawn('outer', async () => {
        await Promise.resolve();
        group.spawn('inner', async () => {
          await Promise.resolve();
          ended.push('inner');
        });
      });
    });

    expect(ended).toEqual(['inner']);
  });

  it('counts it as no failure when a child rejects because it was told to stop', async () => {
    const parent = new AbortController();

    const group = withTaskGroup(parent.signal, async (tasks) => {
      tasks.spawn('loop', async (signal) => {
        await aborted(signal);
        signal.throwIfAborted();
      });
      parent.abort(new Error('stop'));
    });

    await expect(group).resolves.toBeUndefined();
  });

  it('throws the error of the body after its children have ended', async () => {
    let childEnded = false;

    const group = withTaskGroup(never, async (tasks) => {
      tasks.spawn('child', async (signal) => {
        await aborted(signal);
        childEnded = true;
      });
      throw new Error('body');
    });

    await expect(group).rejects.toThrow('body');
    expect(childEnded).toBe(true);
  });

  it('ends the children of a group that is cancelled', async () => {
    const done = await withTaskGroup(never, async (tasks) => {
      tasks.spawn('loop', (signal) => aborted(signal));
      tasks.cancel('no longer needed');
      return 'cancelled';
    });

    expect(done).toBe('cancelled');
  });

  it('names the child that failed, through all groups that it stands in', async () => {
    const broken = new Error('broken');

    const outer = withTaskGroup(never, async (tasks) => {
      tasks.spawn('task events', (signal) =>
        withTaskGroup(signal, async (group) => {
          group.spawn('deletions', () => Promise.reject(broken));
        }),
      );
    });

    await expect(outer).rejects.toBe(broken);
    expect(childOf(broken)).toBe('task events > deletions');
    expect(childOf(new Error('elsewhere'))).toBeUndefined();
  });

  it('throws a mistake of ours also when it comes out while the group stops', async () => {
    const parent = new AbortController();
    const mistake = new TypeError('undefined is not a function');

    const group = withTaskGroup(parent.signal, async (tasks) => {
      tasks.spawn('loop', async (signal) => {
        await aborted(signal);
        throw mistake;
      });
      parent.abort(new Error('stop'));
    });

    await expect(group).rejects.toBe(mistake);
  });

  it('takes the failure of a network call for none while it stops', async () => {
    const parent = new AbortController();

    const group = withTaskGroup(parent.signal, async (tasks) => {
      tasks.spawn('call', async (signal) => {
        await aborted(signal);
        throw new TypeError('fetch failed', { cause: new Error('socket hang up') });
      });
      parent.abort(new Error('stop'));
    });

    await expect(group).resolves.toBeUndefined();
  });
});
