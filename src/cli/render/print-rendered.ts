import { renderForPeople } from '../../render/for-people.ts';
import type { Rendered } from '../../render/rendering.ts';
import type { CliWorld } from '../world.ts';

/** Prints a rendered launch. Exit code 0, or 1 when the launch would fail. */
export function printRendered(rendered: Rendered, asJson: boolean, world: CliWorld): number {
  if (asJson) {
    const { reuse: _reuse, shown: _shown, ...output } = rendered;
    world.out.write(`${JSON.stringify(output)}\n`);
  } else {
    world.out.write(renderForPeople(rendered));
  }
  return rendered.error === null ? 0 : 1;
}
