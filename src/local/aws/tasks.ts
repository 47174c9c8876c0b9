import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { AccountParts } from './account-parts.ts';
import { AwsError, clientException, invalidParameter } from './aws-error.ts';
import type { Cluster } from './clusters.ts';
import type { LocalAwsDeps } from './deps.ts';
import {
  checkAgainstDefinition,
  checkRunTask,
  effectiveLaunchType,
  type RunTaskInput,
} from './run-task-input.ts';
import { taskAnswer, type Task } from './task.ts';
import { askToStop, liveTask } from './task-life.ts';

export const DescribeTasksInput = z.looseObject({
  cluster: z.string().optional(),
  tasks: z.array(z.string()),
  include: z.array(z.string()).optional(),
});
export const ListTasksInput = z.looseObject({
  cluster: z.string().optional(),
  family: z.string().optional(),
  startedBy: z.string().optional(),
  desiredStatus: z.enum(['RUNNING', 'PENDING', 'STOPPED']).optional(),
  launchType: z.string().optional(),
  serviceName: z.string().optional(),
  containerInstance: z.string().optional(),
  maxResults: z.number().int().min(1).max(100).optional(),
  nextToken: z.string().optional(),
});
export const StopTaskInput = z.looseObject({
  cluster: z.string().optional(),
  task: z.string(),
  reason: z.string().optional(),
});

const tasksPerCall = 100;
const hourMs = 3_600_000;

interface UsedToken {
  readonly input: RunTaskInput;
  readonly taskIds: readonly string[];
  readonly usedAtMs: number;
}

/** The tasks of an account and region. */
export class Tasks {
  readonly #account: AccountParts;
  readonly #deps: LocalAwsDeps;
  readonly #byId = new Map<string, Task>();
  /** By cluster and token: the scope of a `clientToken` is its cluster. */
  readonly #tokens = new Map<string, UsedToken>();

  constructor({ account, deps }: { readonly account: AccountParts; readonly deps: LocalAwsDeps }) {
    this.#account = account;
    this.#deps = deps;
  }

  get all(): readonly Task[] {
    this.#forgetOld();
    return [...this.#byId.values()];
  }

  count(cluster: Cluster, statuses: readonly string[]): number {
    return this.all.filter((task) => task.cluster.arn === cluster.arn && statuses.includes(task.lastStatus))
      .length;
  }

  run(input: RunTaskInput): Record<string, unknown> {
    checkRunTask(input);
    const cluster = this.#account.clusters.require(input.cluster);
    const repeated = this.#repeated(cluster, input);
    if (repeated !== undefined)
      return { tasks: repeated.map((task) => taskAnswer(task, true)), failures: [] };
    const definition = this.#account.taskDefinitions.find(input.taskDefinition);
    if (definition === undefined) throw clientException('TaskDefinition not found.');
    checkAgainstDefinition(input, definition);
    const tasks = Array.from({ length: input.count ?? 1 }, () => this.#create(cluster, definition, input));
    this.#remember(cluster, input, tasks);
    const answer = { tasks: tasks.map((task) => taskAnswer(task, true)), failures: [] };
    for (const task of tasks) {
      this.#deps.spawn(`task ${task.id}`, (signal) => liveTask(task, this.#account, this.#deps, signal));
    }
    return answer;
  }

  describe(input: z.infer<typeof DescribeTasksInput>): Record<string, unknown> {
    const cluster = this.#account.clusters.require(input.cluster);
    if (input.tasks.length === 0) throw invalidParameter('Tasks cannot be empty.');
    if (input.tasks.length > tasksPerCall) throw invalidParameter('Tasks cannot have more than 100 items.');
    const withTags = input.include?.includes('TAGS') === true;
    const found: Record<string, unknown>[] = [];
    const failures: Record<string, unknown>[] = [];
    for (const reference of input.tasks) {
      const task = this.#find(cluster, reference);
      if (task === undefined) failures.push({ arn: this.#arnFor(cluster, reference), reason: 'MISSING' });
      else found.push(taskAnswer(task, withTags));
    }
    return { tasks: found, failures };
  }

  list(input: z.infer<typeof ListTasksInput>): Record<string, unknown> {
    const cluster = this.#account.clusters.require(input.cluster);
    if (input.startedBy !== undefined) {
      const others = [
        input.family,
        input.desiredStatus,
        input.serviceName,
        input.containerInstance,
        input.launchType,
      ];
      if (others.some((other) => other !== undefined)) {
        throw invalidParameter('startedBy cannot be combined with other filters.');
      }
    }
    const desired = input.desiredStatus ?? 'RUNNING';
    const arns = this.all
      .filter(
        (task) =>
          task.cluster.arn === cluster.arn &&
          task.desiredStatus === desired &&
          (input.startedBy === undefined || task.input.startedBy === input.startedBy) &&
          (input.family === undefined || task.definition.family === input.family) &&
          (input.launchType === undefined || effectiveLaunchType(task.input) === input.launchType),
      )
      .map((task) => task.arn);
    const from = Number(input.nextToken ?? 0);
    const to = from + (input.maxResults ?? tasksPerCall);
    return { taskArns: arns.slice(from, to), ...(to < arns.length && { nextToken: String(to) }) };
  }

  stop(input: z.infer<typeof StopTaskInput>): Record<string, unknown> {
    const cluster = this.#account.clusters.require(input.cluster);
    const task = this.#find(cluster, input.task);
    if (task === undefined) throw invalidParameter('The referenced task was not found.');
    if (task.lastStatus !== 'STOPPED') {
      askToStop(task, { code: 'UserInitiated', reason: input.reason ?? 'Task stopped by user' });
      task.tags = [];
    }
    return { task: taskAnswer(task, false) };
  }

  #create(cluster: Cluster, definition: Task['definition'], input: RunTaskInput): Task {
    const id = this.#newId();
    const task: Task = {
      id,
      arn: this.#arnFor(cluster, id),
      cluster,
      definition,
      input,
      attachmentId: this.#deps.random.uuid(),
      availabilityZone: `${this.#account.region}a`,
      containers: definition.document.containerDefinitions.map((container) => ({
        name: container.name,
        image: container.image ?? '',
        containerId: this.#deps.random.uuid(),
        lastStatus: 'PENDING',
        exit: undefined,
        reason: undefined,
      })),
      times: { createdAt: this.#deps.clock.now() },
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      version: 1,
      tags: (input.tags ?? []).map((tag) => ({ key: tag.key ?? '', value: tag.value ?? '' })),
      stopCode: undefined,
      stoppedReason: undefined,
      stopAsked: new AbortController(),
    };
    this.#byId.set(id, task);
    return task;
  }

  #newId(): string {
    return this.#deps.random.uuid().replaceAll('-', '');
  }

  #arnFor(cluster: Cluster, reference: string): string {
    if (reference.startsWith('arn:')) return reference;
    return `arn:aws:ecs:${this.#account.region}:${this.#account.id}:task/${cluster.name}/${reference}`;
  }

  #find(cluster: Cluster, reference: string): Task | undefined {
    this.#forgetOld();
    const id = reference.split('/').at(-1) ?? '';
    if (!/^[0-9a-f]{32}$|^[0-9a-f-]{36}$/.test(id))
      throw invalidParameter('taskId length should be one of [32,36]');
    const task = this.#byId.get(id);
    return task?.cluster.arn === cluster.arn ? task : undefined;
  }

  /** The tasks that this very request made before; a conflict if the token was used for another one. */
  #repeated(cluster: Cluster, input: RunTaskInput): readonly Task[] | undefined {
    if (input.clientToken === undefined) return undefined;
    const key = `${cluster.arn} ${input.clientToken}`;
    const used = this.#tokens.get(key);
    if (used === undefined || this.#hasLapsed(used)) return undefined;
    const tasks = used.taskIds.flatMap((id) => this.#byId.get(id) ?? []);
    if (isDeepStrictEqual(used.input, input)) return tasks;
    throw new AwsError('ConflictException', 'The client token is already in use.', {
      members: { resourceIds: used.taskIds.map((id) => this.#arnFor(cluster, id)) },
    });
  }

  #remember(cluster: Cluster, input: RunTaskInput, tasks: readonly Task[]): void {
    if (input.clientToken === undefined) return;
    this.#tokens.set(`${cluster.arn} ${input.clientToken}`, {
      input,
      taskIds: tasks.map((task) => task.id),
      usedAtMs: this.#deps.clock.monotonicMs(),
    });
  }

  /** A token lives for 24 hours, or for an hour after its task, whichever is shorter (aws-ecs.md B.3). */
  #hasLapsed(used: UsedToken): boolean {
    if (this.#deps.clock.monotonicMs() - used.usedAtMs > 24 * hourMs) return true;
    const nowMs = this.#deps.clock.now().getTime();
    return used.taskIds.every((id) => {
      const task = this.#byId.get(id);
      const stoppedAt = task?.times.stoppedAt;
      return task === undefined || (stoppedAt !== undefined && nowMs - stoppedAt.getTime() > hourMs);
    });
  }

  #forgetOld(): void {
    const nowMs = this.#deps.clock.now().getTime();
    for (const [id, task] of this.#byId) {
      const stoppedAt = task.times.stoppedAt;
      if (stoppedAt !== undefined && nowMs - stoppedAt.getTime() > this.#deps.stoppedTaskRetentionMs)
        this.#byId.delete(id);
    }
  }
}
