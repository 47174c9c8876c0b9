import { toError } from '../../../kernel/errors.ts';
import type { LocalAwsDeps } from '../deps.ts';
import { freeToStop } from './container-order.ts';
import type { ContainerExit, RunningContainer } from './executor.ts';
import type { Task } from './task.ts';

/** Seconds between SIGTERM and SIGKILL, unless the definition says otherwise. */
const defaultStopTimeoutSeconds = 30;

/** The processes of a task's containers: how they are stopped, and how their ends are reported. */
export class TaskProcesses {
  readonly #task: Task;
  readonly #deps: Pick<LocalAwsDeps, 'agenda' | 'log'>;
  #running: RunningContainer[] = [];
  #cleanUps: (() => Promise<void>)[] = [];
  #toldToStop: Set<string> | undefined;
  /** What is reported for containers that were ended from outside. */
  #verdicts: Map<string, ContainerExit> | undefined;

  constructor(task: Task, deps: Pick<LocalAwsDeps, 'agenda' | 'log'>) {
    this.#task = task;
    this.#deps = deps;
  }

  add(containers: readonly RunningContainer[], cleanUp: () => Promise<void>): void {
    this.#running.push(...containers);
    this.#cleanUps.push(cleanUp);
  }

  get areUp(): boolean {
    return this.#running.some(({ name }) => this.#isUp(name));
  }

  /** SIGKILL. */
  killAll(): void {
    for (const running of this.#running) running.kill();
  }

  /** Kills one running container, preferably an essential one, and reports `exit` for it. */
  killOne(exit: ContainerExit): void {
    const victim =
      this.#running.find(
        ({ name }) => this.#definitionOf(name)?.essential !== false && this.#isUp(name),
      ) ?? this.#running[0];
    if (victim === undefined) return;
    this.#judge(victim.name, exit);
    victim.kill();
  }

  /** The exit codes will be unknown. */
  loseExits(): void {
    for (const { name } of this.#running)
      if (this.#isUp(name)) this.#judge(name, { exitCode: undefined });
  }

  exitOf(name: string, natural: ContainerExit): ContainerExit {
    return this.#verdicts?.get(name) ?? natural;
  }

  /** Stops each container once, after those that depend on it have ended. */
  stopFree(): void {
    const { document } = this.#task.definition;
    const free = freeToStop(document.containerDefinitions, this.#task.state.containers);
    const told = (this.#toldToStop ??= new Set());
    for (const running of this.#running.filter(
      ({ name }) => free.includes(name) && !told.has(name),
    )) {
      told.add(running.name);
      this.#stop(running);
    }
  }

  cleanUp(): void {
    const cleanUps = this.#cleanUps;
    this.#cleanUps = [];
    this.#running = [];
    for (const cleanUp of cleanUps) {
      void cleanUp().catch((error: unknown) =>
        this.#deps.log.warning(`task ${this.#task.id}: ${toError(error).message}`),
      );
    }
  }

  /** SIGTERM, the stop timeout, SIGKILL. */
  #stop(running: RunningContainer): void {
    running.stop();
    const seconds = this.#definitionOf(running.name)?.stopTimeout ?? defaultStopTimeoutSeconds;
    this.#deps.agenda.after(seconds * 1000, () => {
      if (this.#isUp(running.name)) running.kill();
    });
  }

  #judge(name: string, exit: ContainerExit): void {
    this.#verdicts ??= new Map();
    this.#verdicts.set(name, exit);
  }

  #isUp(name: string): boolean {
    const container = this.#task.state.containers.find((candidate) => candidate.name === name);
    return container?.lastStatus === 'RUNNING';
  }

  #definitionOf(name: string) {
    return this.#task.definition.document.containerDefinitions.find(
      (container) => container.name === name,
    );
  }
}
