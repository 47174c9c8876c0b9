import type { LocalAwsDeps } from '../deps.ts';
import type { RunTaskInput } from './run-task-input.ts';
import { readTags, type Tag } from './tags.ts';
import type { TaskDefinition } from './task-definitions.ts';
import type { Task } from './task.ts';

type Facts = Pick<
  Task,
  'id' | 'arn' | 'sequence' | 'cluster' | 'definition' | 'input' | 'placement'
>;

/** A task as RunTask creates it: PROVISIONING, with a container for each container definition. */
export function newTask(
  facts: Facts,
  { random, clock, keepsHistory }: Pick<LocalAwsDeps, 'random' | 'clock' | 'keepsHistory'>,
): Task {
  const { input, definition } = facts;
  const now = clock.now();
  return {
    ...facts,
    attachmentId: random.uuid(),
    course: {},
    tags: tagsOf(input, definition),
    history: keepsHistory() ? [] : undefined,
    state: {
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      version: 1,
      containers: definition.document.containerDefinitions.map(({ name, image = '' }) => ({
        name,
        image,
        containerId: random.uuid(),
        lastStatus: 'PENDING',
        runtimeId: undefined,
        exitCode: undefined,
        reason: undefined,
      })),
      times: { createdAt: now },
      stop: undefined,
      updatedAt: now,
    },
  };
}

/** The request's tags win over propagated tags of the definition. */
function tagsOf(input: RunTaskInput, definition: TaskDefinition): readonly Tag[] {
  const own = readTags(input.tags ?? []);
  if (input.propagateTags !== 'TASK_DEFINITION') return own;
  const keys = new Set(own.map((tag) => tag.key));
  return [...own, ...definition.tags.filter((tag) => !keys.has(tag.key))];
}
