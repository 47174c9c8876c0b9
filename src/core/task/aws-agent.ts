/**
 * Whether AWS added this container to the task, which it does where Runtime Monitoring is on. It is
 * never the flow's container, whatever its exit code, and has an override of its own
 * (aws-ecs.md B.2.2).
 */
export function isAgentOfAws(containerName: string | undefined): boolean {
  return containerName?.startsWith('aws-guardduty-agent') === true;
}

/**
 * The containers of the definition, without those that AWS added. Only these decide how a task
 * ended.
 */
export function withoutAgents<T extends { readonly name: string | undefined }>(
  containers: readonly T[],
): readonly T[] {
  return containers.filter(({ name }) => !isAgentOfAws(name));
}
