import { describe, expect, it } from 'vitest';
import { AwsCallError } from './aws-error.ts';
import { missingCapacity, placementOf } from './capacity.ts';
import { taskNotPlacedError } from './launch-error.ts';

const notPlaced = (...reasons: readonly (string | undefined)[]) =>
  taskNotPlacedError(reasons.map((reason) => ({ arn: undefined, reason, detail: undefined })));
const refused = (code: string, message: string) =>
  new AwsCallError({ code, message, operation: 'RunTask', status: 400 });
const told = (code: string, message: string) =>
  `An error occurred (${code}) when calling the RunTask operation: ${message}`;

const full =
  'Capacity is unavailable at this time. Please try again later or in a different availability zone';

describe('The missing capacity', () => {
  it.each([
    [notPlaced('RESOURCE:MEMORY'), 'RESOURCE:MEMORY'],
    [
      notPlaced('RESOURCE:CPU', 'ATTRIBUTE', 'RESOURCE:CPU', 'AGENT', undefined),
      'RESOURCE:CPU, AGENT',
    ],
    [notPlaced(full), full],
    [
      notPlaced("You've reached the limit on the number of tasks you can run concurrently"),
      "You've reached the limit on the number of tasks you can run concurrently",
    ],
    [refused('ClientException', full), told('ClientException', full)],
    [
      refused(
        'ClientException',
        'You’ve reached the limit on the number of vCPUs you can run concurrently',
      ),
      told(
        'ClientException',
        'You’ve reached the limit on the number of vCPUs you can run concurrently',
      ),
    ],
    [
      refused('InvalidParameterException', 'No Container Instances were found in your cluster.'),
      told('InvalidParameterException', 'No Container Instances were found in your cluster.'),
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
  [['ATTRIBUTE', 'LOCATION'], 'hopeless'],
  [['ATTRIBUTE', 'RESOURCE:CPU'], 'capacity'],
  [['ATTRIBUTE', 'Internal error.'], 'transient'],
  [['RESOURCE:CPU', 'Internal error.'], 'capacity'],
  [['The requested MEMORY configuration is above your limit'], 'capacity'],
  [['ATTRIBUTE', undefined], 'unknown'],
  [[], 'unknown'],
] as const)('an answer with the failures %j means: %s', (reasons, placement) => {
  expect(placementOf(notPlaced(...reasons).failures)).toBe(placement);
});

it('The missing capacity includes its detail', () => {
  const failure = { arn: 'i', reason: 'RESOURCE:PORTS', detail: '8080' };

  expect(missingCapacity(taskNotPlacedError([failure, failure]))).toBe('RESOURCE:PORTS (8080)');
});
