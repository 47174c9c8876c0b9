/**
 * Whether runs of a key are held back: what refuses one of them will refuse the next. An illness
 * holds them until it has passed; a right or credentials that are denied until they are granted
 * (worker.md 0.5.2, 8.5).
 */
export type Hold =
  /** `refused`: the runs that the key was denied to since it last was allowed. */
  | { readonly kind: 'free'; readonly refused: readonly string[] }
  | {
      readonly kind: 'held';
      readonly why: 'ill' | 'denied';
      readonly sinceMs: number;
      readonly tries: number;
      /** Before this nobody tries again. */
      readonly nextTryMs: number;
    };

export type Held = Extract<Hold, { readonly kind: 'held' }>;

export const free: Hold = { kind: 'free', refused: [] };

/** An answer that refuses a key. */
export interface Refusal {
  /** `may-pass`: credentials whose source may only have stumbled. */
  readonly kind: 'ill' | 'right' | 'credentials' | 'may-pass';
  readonly flowRunId: string;
  /**
   * Of an adopted claim nobody here knows whether its owner's call was accepted: it counts for
   * nothing, and is not crashed.
   */
  readonly isCounted: boolean;
  /** The run itself named what is denied. */
  readonly isRunsOwn: boolean;
}

export interface Refused {
  readonly hold: Hold;
  /** What becomes of the run: it is told that it was refused, or waits for better times. */
  readonly fate: 'crash' | 'wait';
}

/**
 * The first that are refused are told so; what refuses as many, of more than one run, refuses them
 * all.
 */
const crashedBeforeHold = 3;
const runsBeforeHold = 2;
/** A source of credentials that stumbles for longer is taken to be out of order. */
const stumblesForMs = 60_000;
/** For so long runs wait for a right that they themselves made necessary. */
const ownRightAwaitedMs = 10 * 60_000;

const seconds = 1_000;
const minutes = 60_000;
const triesAfterMs: Readonly<
  Record<Held['why'], { readonly first: readonly number[]; readonly later: number }>
> = {
  ill: { first: [10 * seconds, 20 * seconds, 40 * seconds], later: 60 * seconds },
  denied: { first: [1 * minutes, 2 * minutes, 4 * minutes, 8 * minutes], later: 10 * minutes },
};

function waitMs(why: Held['why'], tries: number): number {
  const { first, later } = triesAfterMs[why];
  return first[tries] ?? later;
}

export function refuse(hold: Hold, refusal: Refusal, nowMs: number): Refused {
  const { isCounted, isRunsOwn, flowRunId } = refusal;
  if (hold.kind === 'held') {
    const raised = isProven(hold, refusal, nowMs) ? heldSince('denied', nowMs) : hold;
    const isTold = isCounted && isRunsOwn && !isHeldBack(raised, isRunsOwn, nowMs);
    return { hold: raised, fate: isTold ? 'crash' : 'wait' };
  }
  switch (refusal.kind) {
    case 'ill':
    case 'may-pass':
      return { hold: heldSince('ill', nowMs), fate: 'wait' };
    case 'credentials':
      return { hold: heldSince('denied', nowMs), fate: 'wait' };
    case 'right': {
      if (!isCounted) return { hold, fate: 'wait' };
      const refused = [...hold.refused.slice(1 - crashedBeforeHold), flowRunId];
      const isFull = refused.length >= crashedBeforeHold && new Set(refused).size >= runsBeforeHold;
      return {
        hold: isFull ? heldSince('denied', nowMs) : { kind: 'free', refused },
        fate: 'crash',
      };
    }
  }
}

/** What looked like a stumble of credentials has turned out to be none. */
function isProven(hold: Held, { kind }: Refusal, nowMs: number): boolean {
  if (hold.why === 'denied') return false;
  return kind === 'credentials' || (kind === 'may-pass' && nowMs - hold.sinceMs >= stumblesForMs);
}

function heldSince(why: Held['why'], nowMs: number): Held {
  return { kind: 'held', why, sinceMs: nowMs, tries: 0, nextTryMs: nowMs + waitMs(why, 0) };
}

/**
 * Whether polls pass over the runs of the key. Runs that named the denied role, cluster or block
 * themselves are crashed after a while: only their author can fix it (worker.md 8.5.6).
 */
export function isHeldBack(hold: Hold, isRunsOwn: boolean, nowMs: number): hold is Held {
  if (hold.kind === 'free') return false;
  return !(isRunsOwn && hold.why === 'denied' && nowMs - hold.sinceMs >= ownRightAwaitedMs);
}

/** The hold when somebody has begun to try; undefined: it is not time for that. */
export function tried(hold: Held, nowMs: number): Held | undefined {
  if (nowMs < hold.nextTryMs) return undefined;
  const tries = hold.tries + 1;
  return { ...hold, tries, nextTryMs: nowMs + waitMs(hold.why, tries) };
}
