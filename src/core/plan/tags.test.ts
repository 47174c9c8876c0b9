import { Secret } from '../../kernel/secret.ts';
import { describe, expect, it } from 'vitest';
import { aJob } from './a-job.test-support.ts';
import { launchPlanFor } from './launch-plan.ts';
import { overridesLimit } from './overrides-budget.ts';
import { cleanTagText, cleanTagValue, tagsFor } from './tags.ts';

describe('tags', () => {
  it('that ECS does not accept are dropped and listed', () => {
    const { tags, dropped } = tagsFor(
      [
        { key: 'aws:mine', value: 'x' },
        { key: 'AWS:yours', value: 'x' },
        { key: '!!', value: 'x' },
        { key: 'twice', value: 'first' },
        { key: 'twice', value: 'last' },
      ],
      {},
      { deregister: false, blanks: 'keep' },
    );

    expect(tags).toEqual([{ key: 'twice', value: 'last' }]);
    expect(dropped).toEqual(['aws:mine', 'AWS:yours', '', 'twice']);
  });

  it('beyond fifty are dropped, those of prefect.io last, the deregistration mark never', () => {
    const labels = Object.fromEntries([
      ...Array.from({ length: 45 }, (_, at) => [`other-${at}`, 'x']),
      ...Array.from({ length: 8 }, (_, at) => [`prefect.io/${at}`, 'x']),
    ]);

    const { tags, dropped } = tagsFor(undefined, labels, { deregister: true, blanks: 'keep' });

    expect(tags).toHaveLength(50);
    expect(tags.filter((tag) => tag.key.startsWith('prefect.io/'))).toHaveLength(9);
    expect(tags.at(-1)?.key).toBe('prefect.io/degregister-task-definition');
    expect(dropped).toEqual(['other-41', 'other-42', 'other-43', 'other-44']);
  });

  it('contain no secrets of the job, because anybody who lists tasks can read them', () => {
    const job = aJob({
      labels: { note: 'key=hunter2222', team: 'data' },
      secrets: [{ secret: new Secret('hunter2222'), origin: 'block' }],
    });
    const plan = launchPlanFor(job, {
      region: 'r',
      network: { vpcId: 'v', subnets: [{ subnetId: 's', availabilityZone: 'a' }] },
    });

    expect(plan.requestWith({ definitionArn: 'f:1', newlyRegistered: false })['tags']).toEqual([
      { key: 'note', value: 'key=redacted' },
      { key: 'team', value: 'data' },
    ]);
  });

  it('that are dropped are logged at debug level', () => {
    const plan = (labels: Record<string, string>) =>
      launchPlanFor(aJob({ labels }), {
        region: 'r',
        network: { vpcId: 'v', subnets: [{ subnetId: 's', availabilityZone: 'a' }] },
      }).warnings;

    expect(plan({ 'aws:a': '1', 'aws:b': '2' })).toEqual([
      {
        logger: 'prefect.flow_runs.worker',
        level: 'debug',
        message: "Dropped tags that ECS does not accept: 'aws:a', 'aws:b'",
      },
    ]);
    expect(plan({ fine: '1' })).toEqual([]);
  });

  it.each([
    ["''''x", 'x'],
    ["a''b", 'a-b'],
    ['---a---', 'a'],
    ['a--b', 'a-b'],
  ])('clean %j to %j', (text, cleaned) => expect(cleanTagText(text)).toBe(cleaned));
});

describe('Overrides that do not fit', () => {
  it('cause an error with the five largest variables and their sizes', () => {
    const env = Object.fromEntries(
      [1, 5, 3, 6, 2, 4].map((size) => [`V${size}`, 'x'.repeat(size * 1_000)]),
    );
    const facts = {
      region: 'r',
      network: { vpcId: 'v', subnets: [{ subnetId: 's', availabilityZone: 'a' }] },
    };

    expect(() => launchPlanFor(aJob({ env }), facts)).toThrow(
      new RegExp(
        `but ECS accepts at most ${overridesLimit}\\. The largest environment variables are V6 \\(6000\\), V5 \\(5000\\), ` +
          'V4 \\(4000\\), V3 \\(3000\\), V2 \\(2000\\)\\. Move .* the environment of the pool or deployment\\.$',
      ),
    );
  });
});

describe('Blanks in a tag value', () => {
  it.each([
    ['Data Platform', 'Data Platform'],
    ['Hello, World', 'Hello World'],
    ['a - b', 'a - b'],
    ['a  b', 'a  b'],
    [' at the edges ', 'at the edges'],
    ['🚀 go', 'go'],
    ['x * y', 'x y'],
    ['*', ''],
    ['cost (eu) & more', 'cost eu more'],
    ['größe: 5 m²!', 'größe: 5 m2'],
    ['tab\tnew\nline', 'tab-new-line'],
    ['Tom &amp;amp; Jerry', 'Tom amp Jerry'],
    ['v1.2.3', 'v1.2.3'],
  ])('stay where AWS accepts them: %j is %j', (text, cleaned) =>
    expect(cleanTagValue(text)).toBe(cleaned),
  );

  it('become dashes in keys, and in values if the setting says so', () => {
    const labels = { 'cost center': 'Data Platform' };

    expect(tagsFor(undefined, labels, { deregister: false, blanks: 'keep' }).tags).toEqual([
      { key: 'cost-center', value: 'Data Platform' },
    ]);
    expect(tagsFor(undefined, labels, { deregister: false, blanks: 'dash' }).tags).toEqual([
      { key: 'cost-center', value: 'Data-Platform' },
    ]);
  });

  it('are removed from the end of a cut value', () => {
    const labels = { long: `${'a'.repeat(255)} b` };

    expect(tagsFor(undefined, labels, { deregister: false, blanks: 'keep' }).tags[0]?.value).toBe(
      'a'.repeat(255),
    );
  });
});
