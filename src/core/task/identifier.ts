import { ValueError } from '../../kernel/errors.ts';

/**
 * What a flow run's `infrastructure_pid` names: a cluster as the user wrote it, or by ARN, and a
 * task by ARN.
 */
export interface InfrastructureIdentifier {
  readonly cluster: string;
  readonly taskArn: string;
}

const separator = '::';

/** `<cluster>::<task ARN>`: Prefect stores it, and cancels and adopts by it (worker.md 9.1). */
export function identifierFor(
  configuredCluster: string | undefined,
  task: { readonly clusterArn: string; readonly taskArn: string },
): string {
  return `${configuredCluster ?? task.clusterArn}${separator}${task.taskArn}`;
}

export function namesNoTask(identifier: string): string {
  return `Infrastructure identifier '${identifier}' names no ECS task. Expected '<cluster>${separator}<task ARN>'.`;
}

/** Splits at the first `::`. Throws ValueError when there is none. */
export function parseIdentifier(text: string): InfrastructureIdentifier {
  const at = text.indexOf(separator);
  if (at < 0) {
    throw new ValueError(namesNoTask(text));
  }
  return { cluster: text.slice(0, at), taskArn: text.slice(at + separator.length) };
}
