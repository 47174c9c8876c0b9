import { rightIn } from './denial.ts';

/** A missing permission. `resource` is the one that AWS named in its refusal, if any. */
export interface MissingRight {
  readonly action: string;
  readonly resource: string | undefined;
}

/**
 * A statement to paste into a policy. The resource that AWS named is widened to what other runs
 * need, too: all revisions of the family, all tasks of the cluster. Otherwise the next run would be
 * denied again.
 */
export function policyStatement({ action, resource }: MissingRight): string {
  return JSON.stringify({
    Effect: 'Allow',
    Action: action,
    Resource: resource === undefined ? '*' : widened(resource),
    // Without this condition the worker could pass the role to any AWS service.
    ...(action === 'iam:PassRole' && {
      Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    }),
  });
}

/**
 * The last sentence of a line about a missing permission. The resource comes from AWS's text; if
 * that names another action or none, it is `*`.
 */
export function statementFor(action: string, words: string): string {
  const told = rightIn(words);
  const resource = told?.action === action ? told.resource : undefined;
  return `Policy statement to add: ${policyStatement({ action, resource })}`;
}

function widened(resource: string): string {
  return resource
    .replace(/(:task-definition\/[^:]+)(?::[\d*]+)?$/, '$1:*')
    .replace(/(:task\/(?:[^/]+\/)?)[^/]+$/, '$1*')
    .replace(/(:log-group:[^:]+):log-stream:.*$/, '$1:*');
}
