import { z } from 'zod';
import type { AccountParts } from '../account-parts.ts';
import { clientException, invalidParameter } from '../wire/aws-error.ts';
import { ClientTokens } from './client-tokens.ts';
import type { Cluster } from './clusters.ts';
import { taskPlan } from './container-plans.ts';
import { combined } from './course.ts';
import type { LocalAwsDeps } from '../deps.ts';
import { checkListTasks, listTasks, type ListTasksInput } from './list-tasks.ts';
import {
  checkNetworkExists,
  needOf,
  place,
  wishesOf,
  type Placed,
  type Wish,
} from '../capacity/placement.ts';
import { checkAgainstDefinition, checkRunTask } from './run-task-checks.ts';
import type { RunTaskInput } from './run-task-input.ts';
import { newTask } from './new-task.ts';
import { ageMs, visibleState } from './visible-state.ts';
import { repeatedAnswer, taskAnswer } from './task-answer.ts';
import type { TaskDefinition } from './task-definitions.ts';
import { TaskLife } from './task-life.ts';
import { isLive, type Placement, type StopRequest, type Task } from './task.ts';

export const DescribeTasksInput = z.looseObject({
  cluster: z.string().optional(),
  tasks: z.array(z.string()),
  include: z.array(z.string()).optional(),
});
export const StopTaskInput = z.looseObject({
  cluster: z.string().optional(),
  task: z.string(),
  reason: z.string().optional(),
});

const tasksPerCall = 100;
const longestReason = 255;
const provisioningQuotaReached = 'Tasks provisioning capacity limit exceeded.';

interface WaitingTask {
  readonly task: Task;
  readonly wish: Wish;
}

/** The tasks of an account and region. */
export class Tasks {
  readonly #account: AccountParts;
  readonly #deps: LocalAwsDeps;
  readonly #byId = new Map<string, Task>();
  readonly #lives = new Map<string, TaskLife>();
  readonly #tokens: ClientTokens;
  /** In PROVISIONING until an instance has room. */
  #waiting: WaitingTask[] = [];
  #sequence = 0;
  #liveOnFargate = 0;

  constructor({ account, deps }: { readonly account: AccountParts; readonly deps: LocalAwsDeps }) {
    this.#account = account;
    this.#deps = deps;
    this.#tokens = new ClientTokens(deps.clock);
  }

  get all(): readonly Task[] {
    return [...this.#byId.values()];
  }

  count(matches: (task: Task) => boolean): number {
    let count = 0;
    for (const task of this.#byId.values()) if (matches(task)) count += 1;
    return count;
  }

  /** The launches of a RunTask call, for the limits that are checked before anything is done. */
  wishes(input: RunTaskInput): readonly Wish[] {
    return wishesOf(input, this.#account.clusters.require(input.cluster), this.#account);
  }

  run(input: RunTaskInput): Record<string, unknown> {
    checkRunTask(input);
    const cluster = this.#account.clusters.require(input.cluster);
    const repeated = this.#tokens.tasksOf(cluster, input);
    if (repeated !== undefined) return repeatedAnswer(this.#byId, repeated);
    const definition = this.#account.taskDefinitions.find(input.taskDefinition);
    if (definition === undefined) throw clientException('TaskDefinition not found.');
    const wishes = wishesOf(input, cluster, this.#account);
    for (const { launchType } of wishes.slice(0, 1))
      checkAgainstDefinition(input, definition, launchType);
    checkNetworkExists(input, this.#deps);
    const tasks: Task[] = [];
    const failures: unknown[] = [];
    for (const wish of wishes) {
      const placed = this.#place(wish, cluster, definition, input);
      if (placed.kind === 'refused') failures.push(...placed.failures);
      else if (placed.kind === 'over-quota') {
        // The documentation does not say how AWS answers a call of which only some tasks were
        // begun. Those tasks must not get lost.
        if (tasks.length === 0) throw clientException(provisioningQuotaReached);
        failures.push({ reason: provisioningQuotaReached });
      } else tasks.push(this.#start(placed, wish, cluster, definition, input));
    }
    if (tasks.length > 0) this.#tokens.remember(cluster, input, tasks);
    return { tasks: tasks.map((task) => taskAnswer(task, task.state, true)), failures };
  }

  describe(input: z.infer<typeof DescribeTasksInput>, staleMs: number): Record<string, unknown> {
    const cluster = this.#account.clusters.require(input.cluster);
    if (input.tasks.length === 0) throw invalidParameter('Tasks cannot be empty.');
    if (input.tasks.length > tasksPerCall)
      throw invalidParameter('Tasks cannot have more than 100 items.');
    const withTags = input.include?.includes('TAGS') === true;
    const tasks: Record<string, unknown>[] = [];
    const failures: Record<string, unknown>[] = [];
    for (const reference of input.tasks) {
      const task = this.#find(cluster, reference);
      const state = task === undefined ? undefined : visibleState(task, staleMs, this.#deps);
      if (task === undefined || state === undefined)
        failures.push({ arn: this.#arnFor(cluster, reference), reason: 'MISSING' });
      else tasks.push(taskAnswer(task, state, withTags));
    }
    return { tasks, failures };
  }

  list(input: ListTasksInput, staleMs: number): Record<string, unknown> {
    const cluster = this.#account.clusters.require(input.cluster);
    checkListTasks(input);
    return listTasks(input, cluster, this.#byId.values(), (task) =>
      ageMs(task, this.#deps.clock) < this.#deps.consistency.unlistedMs
        ? undefined
        : visibleState(task, staleMs, this.#deps),
    );
  }

  stop(input: z.infer<typeof StopTaskInput>): Record<string, unknown> {
    const cluster = this.#account.clusters.require(input.cluster);
    const { reason = 'Task stopped by user' } = input;
    if (reason.length > longestReason)
      throw invalidParameter(`The reason can have at most ${longestReason} characters.`);
    const task = this.#find(cluster, input.task);
    if (task === undefined || ageMs(task, this.#deps.clock) < this.#deps.consistency.unstoppableMs)
      throw invalidParameter('The referenced task was not found.');
    if (isLive(task.state)) {
      this.#lives.get(task.id)?.stop({ code: 'UserInitiated', reason });
      task.tags = [];
    }
    return { task: taskAnswer(task, task.state, false) };
  }

  find(arnOrId: string): Task | undefined {
    return this.#byId.get(arnOrId.split('/').at(-1) ?? '');
  }

  /** Stops a task for one of AWS's own reasons. */
  stopAs(task: Task, request: StopRequest): void {
    this.#lives.get(task.id)?.stop(request);
  }

  life(task: Task): TaskLife | undefined {
    return this.#lives.get(task.id);
  }

  /**
   * Instances were added or have room again. Waiting tasks are tried again, the longest waiting
   * first.
   */
  placeWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) {
      const { task, wish } = one;
      if (task.state.desiredStatus === 'STOPPED') continue;
      const placed = this.#place(wish, task.cluster, task.definition, task.input);
      if (placed.kind !== 'placed') {
        this.#waiting.push(one);
        continue;
      }
      task.placement = placed.placement;
      this.#lives.get(task.id)?.begin();
    }
  }

  #place(wish: Wish, cluster: Cluster, definition: TaskDefinition, input: RunTaskInput): Placed {
    return place(wish, {
      account: this.#account,
      deps: this.#deps,
      cluster,
      definition,
      input,
      fargateTasks: this.#liveOnFargate,
      waitingTasks: this.#waiting.filter(
        ({ task }) => task.cluster === cluster && task.state.desiredStatus !== 'STOPPED',
      ).length,
    });
  }

  #start(
    placed: Exclude<Placed, { kind: 'refused' | 'over-quota' }>,
    wish: Wish,
    cluster: Cluster,
    definition: TaskDefinition,
    input: RunTaskInput,
  ): Task {
    const task = this.#create(placed.placement, cluster, definition, input);
    const life = new TaskLife(task, this.#account, this.#deps, {
      changed: (changed) => this.#account.events.taskChanged(changed),
      stopped: (stopped) => this.#stopped(stopped),
      vanished: (vanished) => {
        this.#release(vanished);
        this.#byId.delete(vanished.id);
      },
    });
    this.#lives.set(task.id, life);
    this.#account.events.taskChanged(task);
    if (placed.kind === 'placed') {
      life.begin();
      return task;
    }
    this.#waiting.push({ task, wish });
    this.#deps.agenda.after(this.#deps.provisioningTimeoutMs, () => {
      if (!this.#waiting.some((one) => one.task === task)) return;
      this.#waiting = this.#waiting.filter((one) => one.task !== task);
      life.giveUpPlacing(placed.reason);
    });
    return task;
  }

  #create(
    placement: Placement,
    cluster: Cluster,
    definition: TaskDefinition,
    input: RunTaskInput,
  ): Task {
    const id = this.#deps.random.uuid().replaceAll('-', '');
    this.#sequence += 1;
    const arn = this.#arnFor(cluster, id);
    const task = newTask(
      { id, arn, sequence: this.#sequence, cluster, definition, input, placement },
      this.#deps,
    );
    task.course = this.#courseFor(task);
    this.#byId.set(id, task);
    if (placement.launchType === 'FARGATE') this.#liveOnFargate += 1;
    return task;
  }

  #courseFor(task: Task): Task['course'] {
    const { executor, taskFaults, delays, faultRandom } = this.#deps;
    const names = task.state.containers.map(({ name }) => name);
    const own = executor.course?.(taskPlan(task, names, this.#account, this.#deps)) ?? {};
    const { family } = task.definition;
    const faulted = { family, startedBy: task.input.startedBy, firstContainer: names[0] ?? '' };
    return combined(
      own,
      taskFaults.courseFor(faulted, own.delays?.pending ?? delays.pending, faultRandom),
    );
  }

  #stopped(task: Task): void {
    this.#release(task);
    this.#deps.agenda.after(this.#deps.stoppedTaskRetentionMs + 1, () =>
      this.#byId.delete(task.id),
    );
  }

  #release(task: Task): void {
    this.#lives.delete(task.id);
    this.#deps.executor.forget?.(task.id);
    const { instance, launchType } = task.placement;
    if (launchType === 'FARGATE') this.#liveOnFargate -= 1;
    if (instance === undefined) return;
    this.#account.instances.vacate(
      instance,
      needOf(task.definition, task.input, this.#account.region, this.#deps),
    );
    this.placeWaiting();
  }

  #arnFor(cluster: Cluster, reference: string): string {
    if (reference.startsWith('arn:')) return reference;
    return `arn:aws:ecs:${this.#account.region}:${this.#account.id}:task/${cluster.name}/${reference}`;
  }

  #find(cluster: Cluster, reference: string): Task | undefined {
    const id = reference.split('/').at(-1) ?? '';
    if (!/^[0-9a-f]{32}$|^[0-9a-f-]{36}$/.test(id))
      throw invalidParameter('taskId length should be one of [32,36]');
    const task = this.#byId.get(id);
    return task?.cluster === cluster ? task : undefined;
  }
}
