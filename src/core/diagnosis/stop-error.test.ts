import { expect, it } from 'vitest';
import { AwsCallError } from './aws-error.ts';
import { nothingToStop } from './stop-error.ts';

const target = { clusterArn: 'c', taskArn: 't' };
const answered = (code: string, message: string): AwsCallError =>
  new AwsCallError({ code, message, operation: 'StopTask', status: 400 });

it.each([
  [
    answered('ClusterNotFoundException', 'Cluster not found.'),
    "Cannot stop ECS task: the cluster 'c' could not be found.",
  ],
  [
    answered('InvalidParameterException', 'The referenced task was not found.'),
    "Cannot stop ECS task: the task 't' could not be found in cluster 'c'.",
  ],
  [
    answered('ClientException', 'Could not find task t'),
    "Cannot stop ECS task: the task 't' could not be found in cluster 'c'.",
  ],
  [
    answered('ClientException', 'Cluster has no registered tasks.'),
    "Cannot stop ECS task: the cluster 'c' has no tasks.",
  ],
  [answered('InvalidParameterException', 'Invalid identifier: Unexpected token'), undefined],
  [answered('AccessDeniedException', 'no'), undefined],
  [new Error('The referenced task was not found.'), undefined],
])('%s: %s', (error, words) => {
  expect(nothingToStop(error, target)).toBe(words);
});
