import { isJsonObject, type Json } from '../../kernel/json.ts';
import { placeholdersInText } from './placeholders.ts';

/** Job variables that belong to the container of the flow run, the most reliable first. */
const spokenOfBy = [
  ['name', 'container_name'],
  ['image', 'image'],
  ['command', 'command'],
] as const;

/**
 * Index of the container that these variables fill, whether or not they are set. Undefined if there
 * is none, or if there are several.
 */
export function containerSpokenOf(containers: readonly Json[]): number | undefined {
  for (const [field, variable] of spokenOfBy) {
    const found = containers.flatMap((container, at) => {
      const text = isJsonObject(container) ? container[field] : undefined;
      return typeof text === 'string' &&
        placeholdersInText(text).some(({ name }) => name === variable)
        ? [at]
        : [];
    });
    if (found.length > 0) return found.length === 1 ? found[0] : undefined;
  }
  return undefined;
}
