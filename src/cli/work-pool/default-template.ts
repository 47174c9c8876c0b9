import { writeFile } from 'node:fs/promises';
import { defaultBaseJobTemplate } from '../../core/prefect/base-job-template.ts';
import { toError } from '../../kernel/errors.ts';
import { CommandError, type CommandContext } from '../command-context.ts';

/** Prints or writes the template, like `prefect work-pool get-default-base-job-template`. */
export async function printDefaultTemplate(
  asked: { readonly type: string; readonly file?: string | undefined },
  context: CommandContext,
): Promise<number> {
  if (asked.type !== 'ecs') {
    throw new CommandError(`Unknown work pool type '${asked.type}'. Please choose from ecs.`);
  }
  const text = JSON.stringify(defaultBaseJobTemplate, undefined, 2);
  if (asked.file === undefined) {
    context.out.write(`${text}\n`);
    return 0;
  }
  try {
    await writeFile(asked.file, text);
  } catch (error) {
    throw new CommandError(
      `--file ${asked.file}: cannot write the file (${toError(error).message}).`,
      1,
      {
        cause: error,
      },
    );
  }
  return 0;
}
