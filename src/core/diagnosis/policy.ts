import { rightIn } from './denial.ts';

/** A right that is missing; `resource` as AWS names it in its refusal, if it does. */
export interface MissingRight {
  readonly action: string;
  readonly resource: string | undefined;
}

/**
 * A statement to paste into a policy. Its resource is what AWS named, as far as other runs need the
 * same: all revisions of the family, all tasks of the cluster.
 */
export function policyStatement({ action, resource }: MissingRight): string {
  return JSON.stringify({
    Effect: 'Allow',
    Action: action,
    Resource: resource === undefined ? '*' : widened(resource),
    // Without this a worker's role could hand the role to any service.
    ...(action === 'iam:PassRole' && {
      Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    }),
  });
}

/**
 * The last sentence of a line that asks for a right: AWS's words say for what, ours at least which.
 */
export function statementFor(action: string, words: string): string {
  const told = rightIn(words);
  const resource = told?.action === action ? told.resource : undefined;
  return `Statement for the policy: ${policyStatement({ action, resource })}`;
}

function widened(resource: string): string {
  return resource
    .replace(/(:task-definition\/[^:]+)(?::[\d*]+)?$/, '$1:*')
    .replace(/(:task\/(?:[^/]+\/)?)[^/]+$/, '$1*')
    .replace(/(:log-group:[^:]+):log-stream:.*$/, '$1:*');
}
