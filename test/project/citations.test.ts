import { describe, expect, it } from 'vitest';
import { anchorsOf, bareCitations, brokenCitations, citationsIn } from './citations.ts';

it('Every citation names a document of this repository and an anchor in it', () => {
  expect(brokenCitations()).toEqual([]);
});

it('No comment of the product cites a rule without its document', () => {
  expect(bareCitations()).toEqual([]);
});

it.each(['worker', 'prefect-api', 'aws-ecs', 'decisions'])(
  'Each anchor of %s.md is unique',
  (name) => {
    const anchors = anchorsOf(name) ?? [];

    expect(anchors.filter((anchor, at) => anchors.indexOf(anchor) !== at)).toEqual([]);
    expect(anchors).not.toEqual([]);
  },
);

describe('A citation', () => {
  const idsOf = (text: string): readonly string[] => citationsIn(text).flatMap(({ ids }) => ids);

  it.each([
    ['(worker.md 8.3)', ['8.3']],
    ['worker.md 9.7.2, 9.7.4', ['9.7.2', '9.7.4']],
    ['worker.md 9.3 and 9.5.', ['9.3', '9.5']],
    ['worker.md section 4, Q4', ['4', 'Q4']],
    ['worker.md sections 4, 6 and 7', ['4', '6', '7']],
    ['worker.md 4 rules 9 and 10, 7 rule 18', ['4-rule-9', '4-rule-10', '7-rule-18']],
    ['worker.md 7, rules 12 to 14', ['7-rule-12', '7-rule-13', '7-rule-14']],
    ['worker.md 0.1 step 5, and 1.4 step 8', ['0.1-step-5', '1.4-step-8']],
    ['worker.md 0.4.9 to 0.4.11', ['0.4.9', '0.4.10', '0.4.11']],
    ['worker.md 9.4, 10.8; aws-ecs.md B.7)', ['9.4', '10.8', 'B.7']],
    ['worker.md 9.8.4 D2', ['9.8.4', 'D2']],
    ['`decisions.md` 5', ['5']],
    ['/**\n * Why (worker.md\n * 9.11.6). 3 more\n */', ['9.11.6']],
    ['// worker.md 9.9.5\n// 200 lines', ['9.9.5']],
    ['the words of worker.md are ours', []],
  ])('is read with its ids: %j', (text, ids) => {
    expect(idsOf(text)).toEqual(ids);
  });

  it('is located on the line that names its document', () => {
    expect(citationsIn('\n// one\n// (worker.md\n// 8.3)')).toMatchObject([
      { document: 'worker', line: 3, text: 'worker.md 8.3' },
    ]);
  });
});
