import type { Task } from './task.ts';

/** Who hears of a task's life. */
export interface LifeEvents {
  /** The task has a new state. */
  changed(task: Task): void;
  stopped(task: Task): void;
  vanished(task: Task): void;
}
