import type { Json, JsonObject } from '../../kernel/json.ts';
import { objectIn, objectsIn, textsIn } from '../job/shape.ts';

/** A container's entry point that takes one word of its command. */
export interface ShellEntryPoint {
  readonly containerName: string;
  readonly entryPoint: readonly string[];
}

const shell = /^(?:.*\/)?(?:ba|da|a|k|z)?sh$/;
const takesText = /^-[a-z]*c[a-z]*$/;

/**
 * `sh -c` and its like: the first word of the command is the script, and the others are that
 * script's arguments.
 */
export function shellEntryPointOf(
  definition: JsonObject,
  containerName: string,
): ShellEntryPoint | undefined {
  const container = containerOf(definition['containerDefinitions'], containerName);
  const entryPoint = textsIn(container['entryPoint']);
  const isShell = shell.test(String(entryPoint[0])) && takesText.test(String(entryPoint.at(-1)));
  return isShell ? { containerName, entryPoint } : undefined;
}

/**
 * Told at registration: ECS runs such a task, the flow never begins, and the exit code is often 0.
 */
export function entryPointNotices(
  definition: JsonObject,
  request: JsonObject,
  containerName: string,
): readonly string[] {
  const found = shellEntryPointOf(definition, containerName);
  const overrides = objectIn(request['overrides']);
  const command = textsIn(containerOf(overrides['containerOverrides'], containerName)['command']);
  if (found === undefined || command.length < 2) return [];
  return [
    `Container '${containerName}' has the entryPoint ${JSON.stringify(found.entryPoint)}, which runs the first word of ` +
      `the command alone: '${command[0]}', without '${command.slice(1).join(' ')}'. Remove entryPoint from the task ` +
      'definition, or let it end in a program that takes all words.',
  ];
}

function containerOf(containers: Json | undefined, name: string): JsonObject {
  return objectIn(objectsIn(containers).find((one) => one['name'] === name));
}
