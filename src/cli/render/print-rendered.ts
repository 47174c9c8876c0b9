import { renderForPeople } from '../../render/for-people.ts';
import type { Rendered } from '../../render/rendering.ts';
import type { CommandContext } from '../command-context.ts';

/** Prints a rendered launch. Exit code 0, or 1 if the launch would fail. */
export function printRendered(
  rendered: Rendered,
  asJson: boolean,
  context: CommandContext,
): number {
  if (asJson) {
    const { reuse: _reuse, redactor: _redactor, ...output } = rendered;
    context.out.write(`${JSON.stringify(output)}\n`);
  } else {
    context.out.write(renderForPeople(rendered));
  }
  return rendered.error === null ? 0 : 1;
}
