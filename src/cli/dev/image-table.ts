import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CommandError } from '../command-context.ts';

/** Images whose name matches `pattern` run with the Python environment in `directory`. */
export interface ImageEntry {
  readonly pattern: string;
  readonly directory: string;
}

const defaultPattern = 'prefecthq/prefect:*';

/** Parses `PATTERN=DIRECTORY` options. Default: `.venv` here, for Prefect's own images. */
export function imageTable(
  options: readonly string[],
  workingDirectory: string,
): readonly ImageEntry[] {
  if (options.length === 0) {
    return [{ pattern: defaultPattern, directory: resolve(workingDirectory, '.venv') }];
  }
  return options.map((option) => {
    const at = option.lastIndexOf('=');
    if (at <= 0 || at === option.length - 1) {
      throw new CommandError(
        `--image ${option}: expected PATTERN=DIRECTORY, for example '${defaultPattern}=.venv'.`,
        2,
      );
    }
    const directory = resolve(workingDirectory, option.slice(at + 1));
    if (!existsSync(join(directory, 'bin'))) {
      throw new CommandError(
        `--image ${option}: '${directory}' is not a Python environment (it has no folder 'bin'). ` +
          'Create one with `python3 -m venv`, or give another directory.',
        2,
      );
    }
    return { pattern: option.slice(0, at), directory };
  });
}
