import type { Json, JsonObject } from '../../kernel/json.ts';
import { objectIn, objectsIn, textsIn } from '../job/shape.ts';

/** An entry point that executes only the first word of the command. */
export interface ShellEntryPoint {
  readonly containerName: string;
  readonly entryPoint: readonly string[];
}

const shell = /^(?:.*\/)?(?:ba|da|a|k|z)?sh$/;
const takesText = /^-[a-z]*c[a-z]*$/;

/** `sh -c` and similar: the first word of the command is the script, the others its arguments. */
export function shellEntryPointOf(
  definition: JsonObject,
  containerName: string,
): ShellEntryPoint | undefined {
  const container = containerOf(definition['containerDefinitions'], containerName);
  const entryPoint = textsIn(container['entryPoint']);
  const isShell = shell.test(String(entryPoint[0])) && takesText.test(String(entryPoint.at(-1)));
  return isShell ? { containerName, entryPoint } : undefined;
}

/** Warns early: ECS runs such a task, but the flow never begins, often with exit code 0. */
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
    `Container '${containerName}' has the entryPoint ${JSON.stringify(found.entryPoint)}, which runs only the first word ` +
      `of the command: '${command[0]}', without '${command.slice(1).join(' ')}'. Remove entryPoint from the task ` +
      'definition, or end it with a program that accepts all words.',
  ];
}

function containerOf(containers: Json | undefined, name: string): JsonObject {
  return objectIn(objectsIn(containers).find((one) => one['name'] === name));
}
