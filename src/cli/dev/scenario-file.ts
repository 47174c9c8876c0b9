import { readFileSync } from 'node:fs';
import { toError } from '../../kernel/errors.ts';
import { parseScenario, type Scenario } from '../../local/index.ts';
import { CommandError } from '../command-context.ts';

/** The scenario of `--faults FILE`, else one without faults. */
export function readScenario(path: string | undefined): Scenario {
  if (path === undefined) return { seed: undefined, aws: [], prefect: [] };
  try {
    return parseScenario(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CommandError(
      `--faults ${path}: ${toError(error).message}\nA scenario is JSON: {"seed": 7, "aws": [rules], "prefect": [rules]}; ` +
        'docs/local-servers.md lists the rules.',
      2,
      { cause: error },
    );
  }
}
