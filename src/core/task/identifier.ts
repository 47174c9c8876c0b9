import { ValueError } from '../../kernel/errors.ts';

/**
 * The content of a flow run's `infrastructure_pid`: a cluster, as configured or by ARN, and a task
 * by ARN.
 */
export interface InfrastructureIdentifier {
  readonly cluster: string;
  readonly taskArn: string;
}

const separator = '::';

/** `<cluster>::<task ARN>`. Prefect stores it; cancellation and adoption use it (worker.md 9.1). */
export function identifierFor(
  configuredCluster: string | undefined,
  task: { readonly clusterArn: string; readonly taskArn: string },
): string {
  return `${configuredCluster ?? task.clusterArn}${separator}${task.taskArn}`;
}

export function namesNoTask(identifier: string): string {
  return `Infrastructure identifier '${identifier}' is not an ECS task. Expected '<cluster>${separator}<task ARN>'.`;
}

/** Splits at the first `::`. Throws ValueError without one. */
export function parseIdentifier(text: string): InfrastructureIdentifier {
  const at = text.indexOf(separator);
  if (at < 0) {
    throw new ValueError(namesNoTask(text));
  }
  return { cluster: text.slice(0, at), taskArn: text.slice(at + separator.length) };
}
