/**
 * Whether the runs of a key are on hold, because the refusal of one predicts that of the next. A
 * failing service holds them until it recovers; a denied permission or refused credentials hold
 * them until fixed (worker.md 0.5.2, 8.5).
 */
export type Hold =
  /** `refused`: the runs refused since the key last worked. */
  | { readonly kind: 'free'; readonly refused: readonly string[] }
  | {
      readonly kind: 'held';
      readonly why: 'ill' | 'denied';
      readonly sinceMs: number;
      readonly tries: number;
      /** No attempt before this time. */
      readonly nextTryMs: number;
    };

export type Held = Extract<Hold, { readonly kind: 'held' }>;

export const free: Hold = { kind: 'free', refused: [] };

/** An answer that refuses a key. */
export interface Refusal {
  /** `may-pass`: the source of the credentials failed, perhaps only for a moment. */
  readonly kind: 'ill' | 'right' | 'credentials' | 'may-pass';
  readonly flowRunId: string;
  /**
   * False for an adopted claim: ECS may have accepted the owner's RunTask, so the claim is neither
   * counted nor crashed. Crashing it could crash a run whose task is alive.
   */
  readonly isCounted: boolean;
  /** The run itself chose the role, cluster or credentials that are denied. */
  readonly isRunsOwn: boolean;
}

export interface Refused {
  readonly hold: Hold;
  /** What happens to the refused run: it crashes with the refusal, or waits on hold. */
  readonly fate: 'crash' | 'wait';
}

/**
 * The first three refused runs crash, so that users see the refusal. After three refusals of at
 * least two runs the rest goes on hold; the second number keeps one retrying run from holding all.
 */
const crashedBeforeHold = 3;
const runsBeforeHold = 2;
/** A source of credentials that fails for longer counts as broken. */
const stumblesForMs = 60_000;
/** How long runs wait for a permission that they need only because of their own choice. */
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

/** The failure of the credentials turned out not to be temporary. */
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

/** The hold after an attempt began. Undefined before the time of the next attempt. */
export function tried(hold: Held, nowMs: number): Held | undefined {
  if (nowMs < hold.nextTryMs) return undefined;
  const tries = hold.tries + 1;
  return { ...hold, tries, nextTryMs: nowMs + waitMs(hold.why, tries) };
}
