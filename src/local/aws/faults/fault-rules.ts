import type { Random } from '../../../kernel/random.ts';

/**
 * When a rule applies, for every kind of fault. The same three members as in a FaultRule for calls.
 */
export interface Occasion {
  /** This share of the matches is hit. Default: all. */
  readonly probability?: number;
  /** This many matches pass untouched first. */
  readonly after?: number;
  /** The rule ends after this many hits. Default: never. */
  readonly times?: number;
}

interface ActiveRule<T> {
  readonly rule: T;
  seen: number;
  hits: number;
}

/** Rules in the order in which they were added. The first one that hits decides. */
export class FaultRules<T extends Occasion> {
  #rules: ActiveRule<T>[] = [];

  /** Adds a rule; disposing of the result removes it. */
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
