import { isJsonObject, type Json } from '../../kernel/json.ts';
import { placeholdersInText } from './placeholders.ts';

/**
 * Variables of the product that mean the container in which a flow run is orchestrated, the surest
 * first.
 */
const spokenOfBy = [
  ['name', 'container_name'],
  ['image', 'image'],
  ['command', 'command'],
] as const;

/**
 * Position of the container of a template that its variables speak of, whether or not they are set;
 * undefined: there is none, or there are several.
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
