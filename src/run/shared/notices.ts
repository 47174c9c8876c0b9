import { createHash } from 'node:crypto';
import type { JsonObject } from '../../kernel/json.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import { jsonTextOf } from '../../kernel/written-numbers.ts';

/** Deployments. A forgotten one is told again. */
const rememberedAtMost = 500;
/** Of one deployment: its runs may name variables of their own. */
const toldAtMost = 50;

/** Whose notices they are. */
export interface Author {
  /** Of the deployment, or of the flow of a run without one. */
  readonly id: string;
  /** Of the deployment, shared by its runs while they are what they were. */
  readonly variables: JsonObject | undefined;
}

interface Told {
  readonly version: string;
  readonly messages: Set<string>;
}

/**
 * What was told of each deployment, so that it is told once, and again when the deployment's
 * variables change: hundreds of runs of one come with a poll.
 */
export class Notices {
  readonly #told = new LruMap<string, Told>(rememberedAtMost);
  readonly #versions = new WeakMap<JsonObject, string>();

  /** Those that are to be told now. */
  news({ id, variables }: Author, messages: readonly string[]): readonly string[] {
    if (messages.length === 0) return messages;
    const version = variables === undefined ? '' : this.#versionOf(variables);
    const before = this.#told.get(id);
    const told = before?.version === version ? before : { version, messages: new Set<string>() };
    this.#told.set(id, told);
    return messages.filter((message) => {
      if (told.messages.has(message) || told.messages.size >= toldAtMost) return false;
      told.messages.add(message);
      return true;
    });
  }

  #versionOf(variables: JsonObject): string {
    const known = this.#versions.get(variables);
    if (known !== undefined) return known;
    const version = createHash('sha256').update(jsonTextOf(variables)).digest('base64');
    this.#versions.set(variables, version);
    return version;
  }
}
