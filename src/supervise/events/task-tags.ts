import { parseAwsCredentials } from '../../core/job/credentials.ts';
import { flowRunIdTag, type TaskTags } from '../../core/events/related-resources.ts';
import { parseTaskArn } from '../../core/task/task-arn.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import type { Aws } from '../../run/ports/aws.ts';

const rememberedTasks = 5_000;

/**
 * The tags of tasks of which events do not tell enough: one DescribeTasks a task, with the worker's own credentials in the
 * task's region (ecs-worker.md 10.5). Rejects when it cannot be known now.
 */
export class KnownTaskTags {
  readonly #aws: Aws;
  readonly #known = new LruMap<string, TaskTags | 'none'>(rememberedTasks);

  constructor(aws: Aws) {
    this.#aws = aws;
  }

  /** Undefined: ECS does not know the task any more, or it is not Prefect's. */
  async of(taskArn: string, signal: AbortSignal): Promise<TaskTags | undefined> {
    const known = this.#known.get(taskArn) ?? (await this.#ask(taskArn, signal));
    this.#known.set(taskArn, known);
    return known === 'none' ? undefined : known;
  }

  async #ask(taskArn: string, signal: AbortSignal): Promise<TaskTags | 'none'> {
    const place = parseTaskArn(taskArn);
    if (place === undefined) return 'none';
    const credentials = { ...parseAwsCredentials({}), regionName: place.region };
    const session = await this.#aws.sessionFor(credentials, signal);
    const { tasks, failures } = await session.describeTasks(place.clusterArn, [taskArn], signal);
    const [task] = tasks;
    if (task === undefined) {
      if (failures.some((failure) => failure.reason === 'MISSING')) return 'none';
      throw new Error(`DescribeTasks said nothing of task '${taskArn}'`);
    }
    const flowRunId = task.tags[flowRunIdTag] ?? task.flowRunIdInOverrides; // tags vanish when a task is stopped
    return flowRunId === undefined ? 'none' : { ...task.tags, [flowRunIdTag]: flowRunId };
  }
}
