import type { Random } from '../../../kernel/random.ts';

/** When a rule applies, for faults of every kind; the same three as of a FaultRule for calls. */
export interface Occasion {
  /** Of what matches, this share is hit. Default: all. */
  readonly probability?: number;
  /** So many go by untouched first. */
  readonly after?: number;
  /** The rule ends when it has hit so many. Default: never. */
  readonly times?: number;
}

interface ActiveRule<T> {
  readonly rule: T;
  seen: number;
  hits: number;
}

/** Rules in the order in which they were added; the first that hits decides. */
export class FaultRules<T extends Occasion> {
  #rules: ActiveRule<T>[] = [];

  /** Adds a rule; disposing of it ends it. */
  add(rule: T): Disposable {
    const active: ActiveRule<T> = { rule, seen: 0, hits: 0 };
    this.#rules.push(active);
    return {
      [Symbol.dispose]: () => {
        this.#rules = this.#rules.filter((other) => other !== active);
      },
    };
  }

  clear(): void {
    this.#rules = [];
  }

  choose(matches: (rule: T) => boolean, random: Random): T | undefined {
    for (const active of this.#rules) {
      const { rule } = active;
      if (!matches(rule)) continue;
      active.seen += 1;
      if (active.seen <= (rule.after ?? 0) || active.hits >= (rule.times ?? Infinity)) continue;
      const { probability = 1 } = rule;
      if (probability < 1 && random.next() >= probability) continue;
      active.hits += 1;
      return rule;
    }
    return undefined;
  }
}
