import { tasksPerCall } from '../../core/task/tasks-per-call.ts';
import type { EcsTask } from '../../core/task/task.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { AwsSession } from '../ports/aws.ts';

/** None of these callers is in a hurry. */
const gatherMs = 500;
/** Orphans of one round share the list of their family. */
const listFreshForMs = 10_000;

type ReadingSession = Pick<AwsSession, 'key' | 'describeTasks' | 'listTasks'>;

/** What ECS answers about a task. */
export type TaskAnswer =
  | { readonly kind: 'seen'; readonly task: EcsTask }
  /** ECS does not know the task any more, or not yet. */
  | { readonly kind: 'missing' }
  /** Neither the task nor a failure: the answer shows nothing. */
  | { readonly kind: 'untold' };

interface Question {
  readonly taskArn: string;
  resolve(answer: TaskAnswer): void;
  reject(error: unknown): void;
}

interface Batch {
  readonly session: ReadingSession;
  readonly cluster: string;
  waiting: Question[];
  isAsking: boolean;
}

interface Listed {
  readonly atMs: number;
  readonly tasks: Promise<readonly EcsTask[]>;
}

/**
 * Describes tasks without a follower, many in one call: questions gather for a moment, and while a
 * call is under way.
 */
export class TaskReader {
  readonly #clock: Clock;
  readonly #stopped: AbortSignal;
  readonly #batches = new Map<string, Batch>();
  readonly #families = new Map<string, Listed>();

  constructor(clock: Clock, stopped: AbortSignal) {
    this.#clock = clock;
    this.#stopped = stopped;
  }

  /** Undefined: ECS does not know the task (any more, or yet). */
  async read(
    session: ReadingSession,
    cluster: string,
    taskArn: string,
  ): Promise<EcsTask | undefined> {
    const answer = await this.ask(session, cluster, taskArn);
    return answer.kind === 'seen' ? answer.task : undefined;
  }

  ask(session: ReadingSession, cluster: string, taskArn: string): Promise<TaskAnswer> {
    const key = `${session.key}|${cluster}`;
    const batch = this.#batches.get(key) ?? { session, cluster, waiting: [], isAsking: false };
    this.#batches.set(key, batch);
    const answer = new Promise<TaskAnswer>((resolve, reject) => {
      batch.waiting.push({ taskArn, resolve, reject });
    });
    void this.#askWhileAnyWait(key, batch);
    return answer;
  }

  /**
   * All tasks of a family, or of a cluster, that ECS remembers: running, or stopped within the last
   * hour.
   */
  ofFamily(
    session: ReadingSession,
    cluster: string,
    family: string | undefined,
  ): Promise<readonly EcsTask[]> {
    const key = `${session.key}|${cluster}|${family ?? ''}`;
    const nowMs = this.#clock.monotonicMs();
    const known = this.#families.get(key);
    if (known !== undefined && nowMs - known.atMs <= listFreshForMs) return known.tasks;
    for (const [old, { atMs }] of this.#families)
      if (nowMs - atMs > listFreshForMs) this.#families.delete(old);
    const listed = { atMs: nowMs, tasks: this.#list(session, cluster, family) };
    this.#families.set(key, listed);
    listed.tasks.catch(() => {
      if (this.#families.get(key) === listed) this.#families.delete(key);
    });
    return listed.tasks;
  }

  async #list(
    session: ReadingSession,
    cluster: string,
    family: string | undefined,
  ): Promise<readonly EcsTask[]> {
    const narrowed = family === undefined ? {} : { family };
    const arns = new Set<string>();
    for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
      const page = await session.listTasks({ cluster, desiredStatus, ...narrowed }, this.#stopped);
      for (const arn of page) arns.add(arn);
    }
    const read = await Promise.all([...arns].map((arn) => this.read(session, cluster, arn)));
    return read.filter((task) => task !== undefined);
  }

  async #askWhileAnyWait(key: string, batch: Batch): Promise<void> {
    if (batch.isAsking) return;
    batch.isAsking = true;
    while (batch.waiting.length > 0) {
      if (batch.waiting.length < tasksPerCall) await this.#gather();
      await this.#ask(batch, batch.waiting.splice(0, tasksPerCall));
    }
    this.#batches.delete(key);
  }

  /** Orphans arrive one by one, as Prefect answers for each. */
  async #gather(): Promise<void> {
    await this.#clock.sleep(gatherMs, this.#stopped).catch(() => undefined);
  }

  async #ask({ session, cluster }: Batch, questions: readonly Question[]): Promise<void> {
    try {
      const arns = [...new Set(questions.map(({ taskArn }) => taskArn))];
      const { tasks, failures } = await session.describeTasks(cluster, arns, this.#stopped);
      const answers = new Map<string | undefined, TaskAnswer>();
      for (const { arn, reason } of failures)
        if (reason === 'MISSING') answers.set(arn, { kind: 'missing' });
      for (const task of tasks) answers.set(task.taskArn, { kind: 'seen', task });
      for (const question of questions)
        question.resolve(answers.get(question.taskArn) ?? { kind: 'untold' });
    } catch (error) {
      for (const question of questions) question.reject(error);
    }
  }
}
