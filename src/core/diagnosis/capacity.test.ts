import { describe, expect, it } from 'vitest';
import { AwsCallError } from './aws-error.ts';
import { isUnplaceable, missingCapacity } from './capacity.ts';
import { taskNotPlacedError } from './launch-error.ts';

const notPlaced = (...reasons: readonly (string | undefined)[]) =>
  taskNotPlacedError(reasons.map((reason) => ({ arn: undefined, reason, detail: undefined })));
const refused = (code: string, message: string) =>
  new AwsCallError({ code, message, operation: 'RunTask', status: 400 });

const full =
  'Capacity is unavailable at this time. Please try again later or in a different availability zone';

describe('what there was no room in', () => {
  it.each([
    [notPlaced('RESOURCE:MEMORY'), 'RESOURCE:MEMORY'],
    [notPlaced('RESOURCE:CPU', 'ATTRIBUTE', 'RESOURCE:CPU', 'AGENT'), 'RESOURCE:CPU, AGENT'],
    [notPlaced(full), full],
    [
      notPlaced("You've reached the limit on the number of tasks you can run concurrently"),
      "You've reached the limit on the number of tasks you can run concurrently",
    ],
    [refused('ClientException', full), full],
    [
      refused('ClientException', 'You’ve reached the limit on the number of vCPUs you can run concurrently'),
      'You’ve reached the limit on the number of vCPUs you can run concurrently',
    ],
    [
      refused('InvalidParameterException', 'No Container Instances were found in your cluster.'),
      'No Container Instances were found in your cluster.',
    ],
  ])('%s', (error, reason) => expect(missingCapacity(error)).toBe(reason));

  it.each([
    [notPlaced()],
    [notPlaced('ATTRIBUTE', 'LOCATION')],
    [notPlaced(undefined)],
    [refused('AccessDeniedException', 'no')],
    [new Error('RESOURCE:MEMORY')],
  ])('%s is no matter of capacity', (error) => expect(missingCapacity(error)).toBeUndefined());
});

it.each([
  [notPlaced('ATTRIBUTE', 'LOCATION'), true],
  [notPlaced('ATTRIBUTE', 'RESOURCE:CPU'), false],
  [notPlaced(undefined), false],
  [notPlaced(), false],
])('%s: no instance can ever take it: %s', (error, answer) => expect(isUnplaceable(error)).toBe(answer));
