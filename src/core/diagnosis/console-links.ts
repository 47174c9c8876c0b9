import { wellFormed } from './one-line.ts';

/**
 * Console hosts by partition; the region is prefixed. The isolated partitions (`aws-iso`,
 * `aws-iso-b`, ...) have no public console. Source: AWS General Reference, "AWS Management Console
 * endpoints" and its copies for China, GovCloud and the European Sovereign Cloud.
 */
const consoleHosts: ReadonlyMap<string, string> = new Map([
  ['aws', 'console.aws.amazon.com'],
  ['aws-cn', 'console.amazonaws.cn'],
  ['aws-us-gov', 'console.amazonaws-us-gov.com'],
  ['aws-eusc', 'console.amazonaws-eusc.eu'],
]);

interface TaskAddress {
  readonly host: string;
  readonly region: string;
  /** Absent in task ARNs of the short format (before 2018). */
  readonly cluster: string | undefined;
  readonly taskId: string;
}

/**
 * The task's page in the ECS console. Undefined where there is no public console, or for a
 * malformed ARN.
 */
export function ecsConsoleLink(task: {
  readonly taskArn: string;
  readonly clusterArn?: string | undefined;
}): string | undefined {
  const address = addressOf(task.taskArn);
  const cluster = address?.cluster ?? task.clusterArn?.split('/').at(-1);
  if (address === undefined || cluster === undefined || cluster === '') return undefined;
  const path = `clusters/${encoded(cluster)}/tasks/${encoded(address.taskId)}/configuration`;
  return `https://${address.region}.${address.host}/ecs/v2/${path}?region=${address.region}`;
}

/** A log stream in the CloudWatch console, in the given region or else the task's. */
export function logsConsoleLink(
  taskArn: string,
  {
    group,
    stream,
    region: named,
  }: { readonly group: string; readonly stream: string; readonly region: string | undefined },
): string | undefined {
  const address = addressOf(taskArn);
  if (address === undefined) return undefined;
  const region = named !== undefined && isRegion(named) ? named : address.region;
  const fragment = `logsV2:log-groups/log-group/${fragmentEncoded(group)}/log-events/${fragmentEncoded(stream)}`;
  return `https://${region}.${address.host}/cloudwatch/home?region=${region}#${fragment}`;
}

function addressOf(taskArn: string): TaskAddress | undefined {
  const match = /^arn:([^:]+):ecs:([^:]+):[^:]*:task\/(?:([^/]+)\/)?([^/]+)$/.exec(taskArn);
  const [, partition = '', region = '', cluster, taskId = ''] = match ?? [];
  const host = consoleHosts.get(partition);
  return host !== undefined && isRegion(region) ? { host, region, cluster, taskId } : undefined;
}

/** The region becomes part of a host name: without this check, a link could lead to any host. */
function isRegion(text: string): boolean {
  return /^[a-z0-9-]+$/.test(text);
}

/**
 * Encodes a path segment. `encodeURIComponent` leaves some characters that end a link in a log or
 * in Markdown.
 */
function encoded(text: string): string {
  return encodeURIComponent(wellFormed(text)).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** CloudWatch's encoding of fragments: twice, then `$` for `%`, so that `/` becomes `$252F`. */
function fragmentEncoded(text: string): string {
  return encodeURIComponent(encoded(text)).replaceAll('%', '$');
}
