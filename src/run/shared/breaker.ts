import type { Needs, HoldKey } from '../../core/breaker/hold-key.ts';
import {
  concerns,
  isProbedWithoutRun,
  isRunsOwn,
  stopsEveryRun,
  textOfKey,
} from '../../core/breaker/hold-key.ts';
import { heldLine, overLine, passedOverLine, whyHeld } from '../../core/breaker/hold-words.ts';
import { denialOf } from '../../core/diagnosis/denial.ts';
import { isNotPrefectsWord, isPassing } from '../../core/prefect/api-error.ts';
import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import { Nap } from '../../kernel/nap.ts';
import type { ReadinessReasons } from '../ports/readiness-reasons.ts';
import { HeldKey } from './held-key.ts';
import { HeldBackError, type Asking, type Gate } from './gate.ts';
import { isAllowed } from './probe-key.ts';
import { keyOf, refusalKind } from './refused-key.ts';

/** The refused rights and services that are remembered. */
const keysAtMost = 1_000;
const handedOnForMs = 5 * 60_000;
const unknownAgainMs = 60_000;
const saidAgainMs = { ill: 5 * 60_000, denied: 60_000 } as const;
/** Other runs under way meet the same refusal, so the log line waits for their number. */
const gatherMs = 1_000;
/** A key that no run has asked for in this time is forgotten. */
const forgottenAfterMs = 3_600_000;

export interface BreakerPorts {
  readonly clock: Clock;
  readonly workerLog: Logger;
  readonly readiness: ReadinessReasons;
}

/**
 * Holds runs back while something refuses them that is not their fault: an ill service, a missing
 * right, credentials that do not work (worker.md 0.5, 8.5). Without it, one missing right would
 * crash a whole schedule. Works by key, so that everything else goes on. One run, or a call without
 * a run, tries from time to time whether the refusal is over. Must never hold back a run for a
 * fault of its own.
 */
export class Breaker {
  readonly #ports: BreakerPorts;
  readonly #keys = new LruMap<string, HeldKey>(keysAtMost);
  /** The keys that are held now: nearly always none. */
  readonly #held = new Set<HeldKey>();
  readonly #heldBy = new Map<string, HeldKey>();
  readonly #handedOn = new Map<string, { readonly held: HeldKey; readonly untilMs: number }>();
  readonly #nap = new Nap();

  constructor(ports: BreakerPorts) {
    this.#ports = ports;
  }

  /** For one poll: which runs to pass over. */
  passedOver(): (flowRunId: string) => boolean {
    if (this.#held.size === 0) return () => false;
    const nowMs = this.#ports.clock.monotonicMs();
    const byKey = new Map([...this.#held].map((held) => [held, held.passesOver(nowMs)]));
    return (flowRunId) => {
      const held = this.#heldBy.get(flowRunId);
      return held !== undefined && byKey.get(held)?.(flowRunId) === true;
    };
  }

  /** The gate for AWS calls of the preparation. */
  gate(asking: Asking, signal: AbortSignal): Gate {
    return (operation, call) =>
      this.#through(asking, operation, (error) => keyOf(error, asking.needs), call, signal);
  }

  /** The gate for reads of Prefect that runs of a deployment share. */
  prefectGate(asking: Asking, signal: AbortSignal): Gate {
    const { sessionKey: session } = asking.needs;
    return (operation, call) => {
      const key = { kind: 'service', session, service: operation } as const;
      const isIll = (error: unknown): boolean => isPassing(error) || isNotPrefectsWord(error);
      return this.#through(
        asking,
        operation,
        (error) => (isIll(error) ? key : undefined),
        call,
        signal,
      );
    };
  }

  async #through<T>(
    asking: Asking,
    operation: string,
    keyOfError: (error: unknown) => HoldKey | undefined,
    call: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    // While RunTask is denied, an adopted claim repeats its token. Other runs are not prepared in
    // vain.
    const operations = asking.isCounted ? [operation, 'RunTask'] : [operation];
    const heldBack = this.heldBack(asking, operations);
    if (heldBack !== undefined) throw heldBack;
    try {
      const answer = await call();
      this.succeeded(asking.needs, operation);
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof HeldBackError) throw error;
      const key = keyOfError(error);
      if (key === undefined || this.#refused(key, error, asking).fate === 'crash') throw error;
      throw this.keep(this.#keyed(key, asking.needs), asking);
    }
  }

  /**
   * Asked before these calls; returns an error if the run has to wait. From then on, polls pass it
   * over.
   */
  heldBack(asking: Asking, operations: readonly string[]): HeldBackError | undefined {
    const nowMs = this.#ports.clock.monotonicMs();
    for (const held of this.#held)
      if (concerns(held.key, asking.needs, operations) && held.holdsBack(asking.flowRun.id, nowMs))
        return this.keep(held, asking);
    return undefined;
  }

  /** RunTask was refused. Undefined: for a reason of the run's own. */
  refused(
    error: unknown,
    asking: Asking,
  ): { readonly fate: 'crash' | 'wait'; readonly held: HeldKey } | undefined {
    const key = keyOf(error, asking.needs);
    return key === undefined ? undefined : this.#refused(key, error, asking);
  }

  #refused(
    key: HoldKey,
    error: unknown,
    asking: Asking,
  ): { fate: 'crash' | 'wait'; held: HeldKey } {
    const held = this.#keyed(key, asking.needs);
    const before = held.held?.why;
    const { message } = toError(error);
    const denial = denialOf(error);
    const refusal = {
      kind: refusalKind(key, denial),
      flowRunId: asking.flowRun.id,
      isCounted: asking.isCounted,
      isRunsOwn: held.isRunsOwn,
    };
    if (isProbedWithoutRun(key)) held.probe ??= asking.probe();
    const fate = held.refused(refusal, denial?.words ?? message, this.#ports.clock.monotonicMs());
    if (held.held !== undefined && held.held.why !== before) this.#begin(held);
    return { fate, held };
  }

  /** Makes the run wait until the key is free: logs that to the run, and polls pass it over. */
  keep(held: HeldKey, { flowRun, log, isCounted }: Asking): HeldBackError {
    if (held.held === undefined || !isCounted) return new HeldBackError(held);
    const before = this.#heldBy.get(flowRun.id);
    if (before !== held) before?.drop(flowRun.id);
    this.#heldBy.set(flowRun.id, held);
    if (held.keep(flowRun.id, this.#ports.clock.monotonicMs()))
      log.warning(passedOverLine(held.facts));
    return new HeldBackError(held);
  }

  /** A call was answered normally, so its keys are free. */
  succeeded(needs: Needs, operation: string): void {
    for (const [, held] of this.#keys.entries())
      if (concerns(held.key, needs, [operation])) this.#free(held);
  }

  #keyed(key: HoldKey, needs: Needs): HeldKey {
    const text = textOfKey(key);
    const known = this.#keys.get(text) ?? new HeldKey(key, isRunsOwn(key, needs));
    this.#keys.set(text, known);
    return known;
  }

  #begin(held: HeldKey): void {
    this.#held.add(held);
    held.sayAtMs = this.#ports.clock.monotonicMs() + gatherMs;
    if (held.facts.why === 'denied' && stopsEveryRun(held.key, held.isRunsOwn))
      this.#ports.readiness.block(textOfKey(held.key), whyHeld(held.facts));
    this.#nap.reconsider();
  }

  #free(held: HeldKey): void {
    const { held: was, facts, waiting } = held;
    this.#forget(held);
    if (was === undefined) return;
    this.#ports.workerLog.info(
      overLine(facts, this.#ports.clock.monotonicMs() - was.sinceMs, waiting),
    );
  }

  #forget(held: HeldKey): void {
    held.allow();
    this.#keys.delete(textOfKey(held.key));
    if (!this.#held.delete(held)) return;
    for (const [id, by] of this.#heldBy) if (by === held) this.#heldBy.delete(id);
    this.#ports.readiness.unblock(textOfKey(held.key));
  }

  /**
   * For a run with a claim: waits for the next try of the key, or until it is free. Rejects with
   * the signal's reason.
   */
  async nextTry(held: HeldKey, signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    const dueMs = held.held?.nextTryMs ?? clock.monotonicMs() + unknownAgainMs;
    let isFree = false;
    const nap = new Nap();
    const unlisten = held.whenFree(() => {
      isFree = true;
      nap.reconsider();
    });
    try {
      await nap.until(() => (isFree ? 0 : dueMs), clock, signal);
    } finally {
      unlisten();
    }
  }

  /** The claim was handed on: do not adopt it here while others may launch it. */
  handedOn(launchId: string, held: HeldKey): void {
    this.#handedOn.set(launchId, {
      held,
      untilMs: this.#ports.clock.monotonicMs() + handedOnForMs,
    });
  }

  isHandedOn(launchId: string): boolean {
    const left = this.#handedOn.get(launchId);
    if (left === undefined) return false;
    if (left.held.held !== undefined || this.#ports.clock.monotonicMs() < left.untilMs) return true;
    this.#handedOn.delete(launchId);
    return false;
  }

  /**
   * Logs what holds runs back for as long as it lasts, and tries keys that can be tried without a
   * run.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    for (;;) {
      for (const held of this.#held) this.#attend(held, signal);
      const idleUntilMs = clock.monotonicMs() + forgottenAfterMs;
      await this.#nap.until(
        () => Math.min(...[...this.#held].map(dueAtMs), idleUntilMs),
        clock,
        signal,
      );
    }
  }

  #attend(held: HeldKey, signal: AbortSignal): void {
    const nowMs = this.#ports.clock.monotonicMs();
    const state = held.held;
    if (state === undefined) return;
    const isWanted = held.waiting > 0 || stopsEveryRun(held.key, held.isRunsOwn);
    if (!isWanted && nowMs - state.sinceMs >= forgottenAfterMs) return this.#forget(held);
    if (nowMs >= held.sayAtMs) {
      held.sayAtMs = nowMs + saidAgainMs[state.why];
      const line = heldLine(held.facts, held.waiting, state.nextTryMs - nowMs);
      if (isWanted) this.#ports.workerLog[state.why === 'ill' ? 'warning' : 'error'](line);
    }
    if (held.isProbed && !held.isProbing && held.tryNow(nowMs)) void this.#probe(held, signal);
  }

  async #probe(held: HeldKey, signal: AbortSignal): Promise<void> {
    held.isProbing = true;
    try {
      if (held.probe !== undefined && (await isAllowed(held.key, held.probe, signal)))
        this.#free(held);
    } catch (error) {
      if (!signal.aborted)
        this.#ports.workerLog.debug('A probe failed', { error: toError(error).message });
    } finally {
      held.isProbing = false;
      this.#nap.reconsider();
    }
  }
}

/** When the key is due for a log line or a try. */
function dueAtMs(held: HeldKey): number {
  const { held: state, sayAtMs, isProbed, isProbing } = held;
  if (state === undefined) return Infinity;
  return isProbed && !isProbing ? Math.min(sayAtMs, state.nextTryMs) : sayAtMs;
}
