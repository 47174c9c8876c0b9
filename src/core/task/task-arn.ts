/** The parts of an ECS task's ARN. */
export interface TaskArn {
  readonly taskArn: string;
  readonly clusterArn: string;
  readonly cluster: string;
  readonly taskId: string;
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** Undefined for anything else, including the short ARNs of old accounts, which have no cluster. */
export function parseTaskArn(text: string): TaskArn | undefined {
  const match = /^arn:([^:]+):ecs:([^:]*):([^:]*):task\/([^/]+)\/([^/]+)$/.exec(text);
  if (match === null) return undefined;
  const [taskArn, partition = '', region = '', account = '', cluster = '', taskId = ''] = match;
  return {
    taskArn,
    clusterArn: `arn:${partition}:ecs:${region}:${account}:cluster/${cluster}`,
    cluster,
    taskId,
    partition,
    region,
    account,
  };
}

/** The cluster's ARN, or '' if `parseTaskArn` does not accept the task's ARN. */
export function clusterArnOf(taskArn: string): string {
  return parseTaskArn(taskArn)?.clusterArn ?? '';
}
