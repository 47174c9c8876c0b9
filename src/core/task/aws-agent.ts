/**
 * A container that AWS puts beside those of a definition where Runtime Monitoring is on. It is never the flow's,
 * however it ends, and has an override of its own (aws-ecs.md, corrections 5).
 */
export function isAgentOfAws(containerName: string | undefined): boolean {
  return containerName?.startsWith('aws-guardduty-agent') === true;
}
