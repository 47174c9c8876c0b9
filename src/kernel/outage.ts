import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';

/** How often, and at which level, an outage is logged. */
export interface OutagePace {
  /** Level of the first line. Undefined: the first failure is not logged. */
  readonly begin: 'warning' | 'error' | undefined;
  /** From then on it is an error, which is logged immediately. */
  readonly errorAfterMs: number;
  readonly everyMs: number;
}

/** A warning, an error after two minutes, and a line every ten minutes. */
export const usualPace: OutagePace = {
  begin: 'warning',
  errorAfterMs: 2 * 60_000,
  everyMs: 10 * 60_000,
};

/** For failures that do not pass by themselves: an error from the first line on. */
export const errorAtOnce: OutagePace = { begin: 'error', errorAfterMs: 0, everyMs: 10 * 60_000 };

/** The logged lines of one outage. */
interface Told {
  readonly atMs: number;
  readonly level: 'warning' | 'error';
}

export interface Failing {
  readonly kind: 'failing';
  /** When the first failed call was made. */
  readonly beganMs: number;
  readonly failures: number;
  readonly told: Told | undefined;
}

export type OutageState = { readonly kind: 'well' } | Failing;

export const well: OutageState = { kind: 'well' };

/** Logs an outage when it begins, when it becomes an error, and periodically. Pure. */
export function afterFailure(
  state: OutageState,
  { begunMs, nowMs }: { readonly begunMs: number; readonly nowMs: number },
  pace: OutagePace,
): { readonly state: Failing; readonly tell: 'warning' | 'error' | undefined } {
  const before: Failing =
    state.kind === 'failing'
      ? state
      : { kind: 'failing', beganMs: begunMs, failures: 0, told: undefined };
  const failing = { ...before, failures: before.failures + 1 };
  const isError = pace.begin === 'error' || nowMs - failing.beganMs >= pace.errorAfterMs;
  const level = isError ? 'error' : pace.begin;
  if (level === undefined || !isDue(failing.told, level, nowMs, pace))
    return { state: failing, tell: undefined };
  return { state: { ...failing, told: { atMs: nowMs, level } }, tell: level };
}

function isDue(
  told: Told | undefined,
  level: 'warning' | 'error',
  nowMs: number,
  { everyMs }: OutagePace,
): boolean {
  if (told === undefined) return true;
  return (told.level === 'warning' && level === 'error') || nowMs - told.atMs >= everyMs;
}

/** The texts about an outage. */
export interface OutageWords {
  /** What fails, as the subject of a sentence: "Polling for flow runs". */
  readonly what: string;
  /** The calls that are counted: "polls". */
  readonly calls: string;
  /** The consequence, or what to do, as a sentence. */
  readonly advice?: string;
}

/**
 * Logs failures of a repeated operation: when they begin, periodically while they last, and when it
 * works again. One line each, however many attempts there are.
 */
export class Outage {
  readonly #words: OutageWords;
  readonly #clock: Clock;
  readonly #log: Logger;
  #state: OutageState = well;

  constructor(words: OutageWords, { clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#words = words;
    this.#clock = clock;
    this.#log = log;
  }

  /** Milliseconds since the first failed call. Undefined: it works. */
  get lastedMs(): number | undefined {
    return this.#state.kind === 'well'
      ? undefined
      : this.#clock.monotonicMs() - this.#state.beganMs;
  }

  /** `begunMs`: when the failed call was made, in monotonic time. Default: now. */
  failed(error: Error, pace: OutagePace = usualPace, begunMs = this.#clock.monotonicMs()): void {
    const nowMs = this.#clock.monotonicMs();
    const isFirst = this.#state.kind === 'well';
    const { state, tell } = afterFailure(this.#state, { begunMs, nowMs }, pace);
    this.#state = state;
    if (tell === undefined) this.#log.debug(`${this.#words.what} failed`, { error: error.message });
    else this.#log[tell](isFirst ? this.#begins(error) : this.#lasts(state, error));
  }

  succeeded(): void {
    if (this.#state.kind === 'well') return;
    const { told, beganMs, failures } = this.#state;
    this.#state = well;
    if (told === undefined) return;
    const lasted = durationWords(this.#clock.monotonicMs() - beganMs);
    this.#log.info(
      `${this.#words.what} works again after ${lasted} (${counted(failures, this.#words)} failed).`,
    );
  }

  /** There will be no more attempts, so the end of the outage is not logged. */
  forget(): void {
    this.#state = well;
  }

  #begins({ message }: Error): string {
    return `${this.#words.what} failed and is retried: ${asSentence(message)}${this.#advice}`;
  }

  #lasts({ beganMs, failures }: Failing, { message }: Error): string {
    const since = sinceWords(beganMs, this.#clock);
    return (
      `${this.#words.what} has been failing since ${since} (${counted(failures, this.#words)}). ` +
      `Last error: ${asSentence(message)}${this.#advice}`
    );
  }

  get #advice(): string {
    return this.#words.advice === undefined ? '' : ` ${this.#words.advice}`;
  }
}

/** Adds a full stop unless the text ends with one. */
export function asSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function counted(failures: number, { calls }: OutageWords): string {
  return `${failures.toLocaleString('en-US')} ${calls}`;
}

/** `14:02 UTC`, with the date unless it is today. */
export function sinceWords(atMs: number, clock: Clock): string {
  const now = clock.now();
  const at = new Date(now.getTime() - (clock.monotonicMs() - atMs)).toISOString();
  const [day, time] = [at.slice(0, 10), at.slice(11, 16)];
  return now.toISOString().startsWith(day) ? `${time} UTC` : `${day} ${time} UTC`;
}

/** `45 s`, `12 min`, `3 h 5 min`. */
export function durationWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${rest} min`}`;
}
