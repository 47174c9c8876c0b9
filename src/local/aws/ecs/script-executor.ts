import type { Clock } from '../../../kernel/clock.ts';
import { toError } from '../../../kernel/errors.ts';
import { Cancelled } from '../../../kernel/task-group.ts';
import { Agenda, type Appointment } from '../agenda.ts';
import { startFailures, type Incident, type StartFailureName, type TaskCourse } from './course.ts';
import type { TaskDelays } from './task-delays.ts';
import type {
  ContainerExit,
  ContainerPlan,
  RunningContainer,
  StartOutcome,
  TaskExecutor,
  TaskPlan,
} from './executor.ts';

export interface ContainerStory {
  /** From its start to its exit. Default: runs until it is stopped. */
  readonly runsMs?: number;
  /** The exit code of a normal exit. Default 0. `null`: unknown. */
  readonly exitCode?: number | null;
  readonly reason?: string;
  /** Lines of its log, ordered by their time after the start. */
  readonly lines?: readonly { readonly afterMs: number; readonly text: string }[];
  /** Only SIGKILL ends it. */
  readonly ignoresSigterm?: boolean;
  /** From SIGTERM to its exit. Default 0. */
  readonly endsAfterSigtermMs?: number;
  /** The exit code after SIGTERM. Default 143. */
  readonly sigtermExitCode?: number;
}

/** What a task does: each container's own story if given, else the story for all. */
export interface TaskStory extends ContainerStory {
  readonly containers?: Readonly<Record<string, ContainerStory>>;
  /** Milliseconds in each status, replacing the server's. */
  readonly delays?: Partial<TaskDelays>;
  /** A start failure of aws-ecs.md B.2 by name, or the full reason. */
  readonly startFailure?: StartFailureName | { readonly reason: string };
  readonly incidents?: readonly Incident[];
}

export interface ScriptExecutorOptions {
  readonly clock: Clock;
  /** Asked once a task. Many tasks may share one story, which is only read. */
  readonly story: (plan: TaskPlan) => TaskStory;
}

/** Runs tasks as stories on the clock, without processes and with one agenda entry a container. */
export class ScriptExecutor implements TaskExecutor {
  readonly #story: (plan: TaskPlan) => TaskStory;
  readonly #agenda: Agenda;
  readonly #stories = new Map<string, TaskStory>();
  readonly #ending = new AbortController();
  readonly #agendaDone: Promise<void>;
  #live = 0;

  constructor({ clock, story }: ScriptExecutorOptions) {
    this.#story = story;
    this.#agenda = new Agenda(clock);
    this.#agendaDone = this.#agenda.run(this.#ending.signal);
    this.#agendaDone.catch(() => undefined); // the disposal throws it again
  }

  /** The number of running containers. */
  get live(): number {
    return this.#live;
  }

  /** The number of tasks whose story is kept, because they have not stopped. */
  get tasks(): number {
    return this.#stories.size;
  }

  course(plan: TaskPlan): TaskCourse {
    const story = this.#storyFor(plan);
    const { delays, startFailure, incidents } = story;
    return {
      ...(delays !== undefined && { delays }),
      ...(startFailure !== undefined && {
        startFailure:
          typeof startFailure === 'string'
            ? startFailures[startFailure]
            : { ...startFailure, during: 'ACTIVATING' },
      }),
      ...(incidents !== undefined && { incidents }),
    };
  }

  start(plan: TaskPlan): Promise<StartOutcome> {
    const story = this.#storyFor(plan);
    return Promise.resolve({
      kind: 'started',
      containers: plan.containers.map((container) => {
        this.#live += 1;
        const own = story.containers?.[container.name] ?? story;
        return new ScriptedContainer(container, own, this.#agenda, () => void (this.#live -= 1));
      }),
      cleanUp: () => Promise.resolve(),
    });
  }

  forget(taskId: string): void {
    this.#stories.delete(taskId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Cancelled('the script executor closes'));
    this.#stories.clear();
    await this.#agendaDone.catch((error: unknown) => {
      throw toError(error);
    });
  }

  #storyFor(plan: TaskPlan): TaskStory {
    const known = this.#stories.get(plan.taskId);
    if (known !== undefined) return known;
    const story = this.#story(plan);
    this.#stories.set(plan.taskId, story);
    return story;
  }
}

/** One running container of a story. It exits once; later stops and lines have no effect. */
class ScriptedContainer implements RunningContainer {
  readonly name: string;
  readonly exited: Promise<ContainerExit>;
  readonly #story: ContainerStory;
  readonly #agenda: Agenda;
  readonly #onExit: () => void;
  #resolve: ((exit: ContainerExit) => void) | undefined;
  #exitDue: Appointment | undefined;

  constructor(plan: ContainerPlan, story: ContainerStory, agenda: Agenda, onExit: () => void) {
    this.name = plan.name;
    this.#story = story;
    this.#agenda = agenda;
    this.#onExit = onExit;
    this.exited = new Promise((resolve) => void (this.#resolve = resolve));
    this.#say(plan.onLine, 0, 0);
    const { runsMs, exitCode = 0, reason } = story;
    if (runsMs === undefined) return;
    this.#exitDue = agenda.after(runsMs, () =>
      this.#exit({ exitCode: exitCode ?? undefined, ...(reason !== undefined && { reason }) }),
    );
  }

  stop(): void {
    const { ignoresSigterm, endsAfterSigtermMs = 0, sigtermExitCode = 143 } = this.#story;
    if (ignoresSigterm === true) return;
    this.#exitDue?.cancel();
    this.#exitDue = this.#agenda.after(endsAfterSigtermMs, () =>
      this.#exit({ exitCode: sigtermExitCode }),
    );
  }

  kill(): void {
    this.#exit({ exitCode: 137 });
  }

  /** Only one line at a time is in the agenda. */
  #say(onLine: (line: string) => void, at: number, saidMs: number): void {
    const line = this.#story.lines?.[at];
    if (line === undefined) return;
    this.#agenda.after(line.afterMs - saidMs, () => {
      if (this.#resolve === undefined) return;
      onLine(line.text);
      this.#say(onLine, at + 1, line.afterMs);
    });
  }

  #exit(exit: ContainerExit): void {
    if (this.#resolve === undefined) return;
    this.#exitDue?.cancel();
    this.#resolve(exit);
    this.#resolve = undefined;
    this.#onExit();
  }
}
