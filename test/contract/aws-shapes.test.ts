import { describe, expect, it } from 'vitest';
import { awsShapes, type Shape } from '../../src/core/aws-model/shapes.ts';
import { inputsOf } from './botocore-model.ts';

const operations = ['RegisterTaskDefinition', 'RunTask', 'TagResource'];

/** AWS makes botocore's description and the SDK's from one model, of about the same day. */
describe("Our table of AWS's request shapes", () => {
  const theirs = new Map(operations.flatMap((operation) => inputsOf('ecs', operation)));

  it.each([...theirs])('agrees with botocore on %s', (name, { members }) => {
    const ours = awsShapes.get(name);

    const known = Object.entries(members).map(([member]) => [
      member,
      typeOf(ours?.members.get(member)),
    ]);
    expect(Object.fromEntries(known)).toEqual(members);
  });

  it('covers every request structure, and few others', () => {
    expect(theirs.size).toBeGreaterThanOrEqual(50);
    const mine = [...awsShapes.keys()].filter((name) => !name.startsWith('Sts'));
    expect(mine.length).toBeLessThanOrEqual(theirs.size + 5);
  });
});

function typeOf(shape: Shape | undefined): string {
  if (shape === undefined) return 'nothing';
  switch (shape.kind) {
    case 'list':
      return `list of ${typeOf(shape.of)}`;
    case 'map':
      return `map of ${typeOf(shape.of)}`;
    case 'structure':
      return shape.name;
    case 'text':
      return 'string';
    case 'integer':
    case 'boolean':
    case 'size':
    case 'scalar':
    case 'any':
    case 'choice':
      return shape.kind;
  }
}
