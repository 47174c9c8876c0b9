import { describe, expect, it } from 'vitest';
import { Notices } from './notices.ts';

describe('Notices', () => {
  const variables = { memory_limit: '12Gi' };

  it('A notice is logged once for a deployment', () => {
    const notices = new Notices();

    expect(notices.news({ id: 'one', variables }, ['a', 'b'])).toEqual(['a', 'b']);
    expect(notices.news({ id: 'one', variables }, ['a', 'b', 'c'])).toEqual(['c']);
    expect(notices.news({ id: 'other', variables }, ['a'])).toEqual(['a']);
    expect(notices.news({ id: 'one', variables: undefined }, [])).toEqual([]);
  });

  it('A notice is logged again when variables change, but not when they are only read again', () => {
    const notices = new Notices();
    notices.news({ id: 'one', variables }, ['a']);

    expect(notices.news({ id: 'one', variables: { memory_limit: '12Gi' } }, ['a'])).toEqual([]);
    expect(notices.news({ id: 'one', variables: { memory_limit: '13Gi' } }, ['a'])).toEqual(['a']);
  });

  it('A notice of a run without a deployment is remembered, too', () => {
    const notices = new Notices();

    expect(notices.news({ id: 'flow', variables: undefined }, ['a'])).toEqual(['a']);
    expect(notices.news({ id: 'flow', variables: undefined }, ['a'])).toEqual([]);
  });

  it('At most fifty notices are logged for a deployment, whatever its runs name', () => {
    const notices = new Notices();
    const all = Array.from({ length: 60 }, (_, at) => `notice ${at}`);

    expect(notices.news({ id: 'one', variables }, all)).toHaveLength(50);
    expect(notices.news({ id: 'one', variables }, ['another'])).toEqual([]);
  });

  it('The notices of the deployment unused for the longest time are forgotten first', () => {
    const notices = new Notices();
    for (let at = 0; at <= 500; at += 1) notices.news({ id: `deployment ${at}`, variables }, ['a']);

    expect(notices.news({ id: 'deployment 0', variables }, ['a'])).toEqual(['a']);
    expect(notices.news({ id: 'deployment 500', variables }, ['a'])).toEqual([]);
  });
});
