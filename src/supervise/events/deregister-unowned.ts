import { asksForDeregistration } from '../../core/events/related-resources.ts';
import { parseAwsCredentials } from '../../core/job/credentials.ts';
import { parseTaskArn } from '../../core/task/task-arn.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { deregisterUnlessInactive } from '../../run/tasks/deregister.ts';
import type { UnownedPorts } from './unowned-tasks.ts';

/** Deregisters the definition of a stopped task that asked for it, both as ECS tells them (ecs-worker.md 10.9). */
export async function deregisterIfAsked(
  task: EcsTask,
  ports: Pick<UnownedPorts, 'aws' | 'definitions' | 'workerLog'>,
  signal: AbortSignal,
): Promise<void> {
  if (!asksForDeregistration(task.tags)) return;
  const { taskDefinitionArn } = task;
  const region = parseTaskArn(task.taskArn)?.region;
  if (taskDefinitionArn === undefined) return ports.workerLog.debug('A stopped task names no definition');
  if (!ports.definitions.hold(taskDefinitionArn).release(true)) return; // a run that we follow uses it
  const credentials = { ...parseAwsCredentials({}), regionName: region };
  const session = await ports.aws.sessionFor(credentials, signal);
  await deregisterUnlessInactive(taskDefinitionArn, session, signal);
  ports.workerLog.info(`Task definition ${taskDefinitionArn} successfully deregistered`);
}
