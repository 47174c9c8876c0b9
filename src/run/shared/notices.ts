import { createHash } from 'node:crypto';
import type { JsonObject } from '../../kernel/json.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import { jsonTextOf } from '../../kernel/written-numbers.ts';

/** Deployments that are remembered. The notices of a forgotten one are logged again. */
const rememberedAtMost = 500;
/** Notices for one deployment: its runs may name variables of their own. */
const toldAtMost = 50;

/** The author of the words that the notices are about. */
export interface Author {
  /** Id of the deployment, or of the flow if the run has no deployment. */
  readonly id: string;
  /** The deployment's variables; the same object as long as they do not change. */
  readonly variables: JsonObject | undefined;
}

interface Told {
  readonly version: string;
  readonly messages: Set<string>;
}

/**
 * Remembers which notices of a deployment were logged. Each is logged once, and again when the
 * deployment's variables change: a poll can bring hundreds of runs of one deployment.
 */
export class Notices {
  readonly #told = new LruMap<string, Told>(rememberedAtMost);
  readonly #versions = new WeakMap<JsonObject, string>();

  /** The notices to log now. */
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
