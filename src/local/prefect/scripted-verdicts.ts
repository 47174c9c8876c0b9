import type { State } from './state.ts';
import type { Verdict } from './orchestration/rule.ts';

interface Scripted {
  readonly target: string;
  readonly verdict: Verdict;
  left: number;
}

/** Verdicts that a test scripts in advance. They come before any rule of the server. */
export class ScriptedVerdicts {
  readonly #scripted: Scripted[] = [];

  /** `target`: name or type of the proposed state, in any case. */
  next(target: string, verdict: Verdict, times: number): void {
    this.#scripted.push({ target: target.toLowerCase(), verdict, left: times });
  }

  take(proposed: State): Verdict | undefined {
    const names = [proposed.name.toLowerCase(), proposed.type.toLowerCase()];
    const found = this.#scripted.find((entry) => entry.left > 0 && names.includes(entry.target));
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.verdict;
  }

  clear(): void {
    this.#scripted.length = 0;
  }
}
