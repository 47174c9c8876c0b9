import { classifyAwsError, AwsCallError } from '../../core/diagnosis/aws-error.ts';
import { differenceLines } from '../../core/plan/difference-lines.ts';
import { sameDefinition } from '../../core/plan/same-definition.ts';
import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { Logger } from '../../kernel/logger.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import type { Random } from '../../kernel/random.ts';
import { HeldBackError } from './gate.ts';
import type {
  DefinitionSession,
  HeldDefinition,
  PreparedDefinition,
  ProvidedDefinition,
  RegistrationRetry,
} from './provided-definition.ts';
import { denialOf } from '../../core/diagnosis/denial.ts';

const cachedDefinitions = 1_000;
const familyLookUpKeptMs = 30_000;

interface Newest {
  readonly arn: string;
  readonly document: JsonObject;
}

/**
 * The task definitions in use, by content (worker.md 5.1, decisions.md 5). A hit costs no call.
 * Misses of one family queue up, so that 50 first runs cost one look-up and one registration. Must
 * never report a definition for deregistration while another run here uses it: that run's launch
 * would fail.
 */
export class Definitions {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #retry: () => RegistrationRetry;
  readonly #byContent = new LruMap<string, string>(cachedDefinitions);
  readonly #newest = new LruMap<string, Newest>(cachedDefinitions);
  readonly #linked = new LruMap<
    string,
    { readonly readAtMs: number; readonly document: JsonObject }
  >(cachedDefinitions);
  /** How many runs here use a definition, and whether to deregister it after the last one. */
  readonly #inUse = new Map<string, { users: number; isToGo: boolean }>();
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(clock: Clock, random: Random, retry: () => RegistrationRetry) {
    this.#clock = clock;
    this.#random = random;
    this.#retry = retry;
  }

  async provide(
    prepared: PreparedDefinition,
    isLookUpAskedFor: boolean,
    session: DefinitionSession,
    log: Logger,
    signal: AbortSignal,
  ): Promise<ProvidedDefinition> {
    const key = contentKey(session, prepared);
    const known = this.#byContent.get(key);
    if (known !== undefined) return { arn: known, newlyRegistered: false };
    return this.#oneAtATime(familyKey(session, prepared.family), async () => {
      signal.throwIfAborted();
      const meanwhile = this.#byContent.get(key);
      if (meanwhile !== undefined) return { arn: meanwhile, newlyRegistered: false };
      const newest = await this.#newestOf(prepared.family, isLookUpAskedFor, session, log, signal);
      if (newest !== undefined && this.#isSame(prepared, newest, log)) {
        this.#byContent.set(key, newest.arn);
        return { arn: newest.arn, newlyRegistered: false };
      }
      const arn = await session.gate('RegisterTaskDefinition', () =>
        this.#register(prepared, session, log, signal),
      );
      this.#byContent.set(key, arn);
      this.#newest.set(familyKey(session, prepared.family), { arn, document: prepared.document });
      return { arn, newlyRegistered: true };
    });
  }

  /**
   * Reads a definition that the user named. A revision never changes and is read once; a family may
   * get a newer one.
   */
  async readLinked(
    reference: string,
    session: DefinitionSession,
    log: Logger,
    signal: AbortSignal,
  ): Promise<JsonObject> {
    const key = `${session.key}|${reference}`;
    const isRevision = /:\d+$/.test(reference);
    return this.#oneAtATime(`linked|${key}`, async () => {
      const known = this.#linked.get(key);
      const nowMs = this.#clock.monotonicMs();
      if (known !== undefined && (isRevision || nowMs - known.readAtMs < familyLookUpKeptMs))
        return known.document;
      log.info(retrievalLine(reference));
      const document = await session.gate('DescribeTaskDefinition', () =>
        session.describeTaskDefinition(reference, signal),
      );
      this.#linked.set(key, { readAtMs: nowMs, document });
      return document;
    });
  }

  /**
   * Counts a run as a user of the definition. When it releases the hold, it says whether to
   * deregister the definition.
   */
  hold(arn: string): HeldDefinition {
    const use = this.#inUse.get(arn) ?? { users: 0, isToGo: false };
    use.users += 1;
    this.#inUse.set(arn, use);
    let isHeld = true;
    return {
      release: (isToGo) => {
        if (!isHeld) return false;
        isHeld = false;
        use.users -= 1;
        use.isToGo ||= isToGo;
        if (use.users > 0) return false;
        this.#inUse.delete(arn);
        // first, so that no new run begins with a definition about to be deregistered
        if (use.isToGo) this.evict(arn);
        return use.isToGo;
      },
    };
  }

  /** Forgets a definition that ECS no longer accepts, so that it is provided anew. */
  evict(arn: string): void {
    for (const [key, known] of this.#byContent.entries())
      if (known === arn) this.#byContent.delete(key);
    for (const [key, newest] of this.#newest.entries())
      if (newest.arn === arn) this.#newest.delete(key);
  }

  #isSame(prepared: PreparedDefinition, newest: Newest, log: Logger): boolean {
    const comparison = sameDefinition(prepared.document, newest.document);
    if (comparison.same) return true;
    const [headline = '', ...lines] = differenceLines(
      prepared.document,
      newest.document,
      (document) => prepared.redactor.document(document),
    );
    log.debug(headline, {
      taskDefinition: newest.arn,
      differsAt: comparison.differences.map((difference) => difference.path),
    });
    for (const line of lines) log.debug(line);
    return false;
  }

  async #newestOf(
    family: string,
    isLookUpAskedFor: boolean,
    session: DefinitionSession,
    log: Logger,
    signal: AbortSignal,
  ): Promise<Newest | undefined> {
    const key = familyKey(session, family);
    const known = this.#newest.get(key);
    if (known !== undefined) return known;
    log.info(retrievalLine(family));
    try {
      const document = await session.gate('DescribeTaskDefinition', () =>
        lookUp(family, session, signal),
      );
      if (document instanceof Error) throw document;
      const arn = document['taskDefinitionArn'];
      if (typeof arn !== 'string' || document['status'] === 'INACTIVE') return undefined;
      const newest = { arn, document };
      this.#newest.set(key, newest);
      return newest;
    } catch (error) {
      signal.throwIfAborted();
      // an equal definition may exist and must not be registered twice
      if (error instanceof HeldBackError) throw error;
      const isUnknownFamily = error instanceof AwsCallError && error.name === 'ClientException';
      const line = `Failed to retrieve task definition for family '${family}'. Error: ${toError(error).message}`;
      // the first run of a deployment: nothing is wrong
      if (isUnknownFamily && !isLookUpAskedFor) log.debug(line);
      else log.warning(line);
      return undefined;
    }
  }

  async #register(
    prepared: PreparedDefinition,
    session: DefinitionSession,
    log: Logger,
    signal: AbortSignal,
  ): Promise<string> {
    log.info('Registering ECS task definition...');
    if (log.isDebugging)
      log.debug(
        `Task definition request${JSON.stringify(prepared.redactor.document(prepared.document))}`,
      );
    const retry = this.#retry();
    for (let attempt = 1; ; attempt += 1) {
      try {
        const registered = await session.registerTaskDefinition(prepared.document, signal);
        const arn = registered['taskDefinitionArn'];
        if (typeof arn === 'string') return arn;
        throw new AwsCallError({
          code: 'UnreadableAnswer',
          message: 'ECS registered the task definition but named no ARN.',
          operation: 'RegisterTaskDefinition',
        });
      } catch (error) {
        if (signal.aborted || attempt >= retry.attempts || isHopeless(error)) throw error;
        const seconds = Math.min(
          retry.maxDelaySeconds,
          retry.initialDelaySeconds * 2 ** (attempt - 1) + this.#random.next(),
        );
        log.warning(
          `Retrying task definition registration in ${seconds.toFixed(2)}s (attempt ${attempt}/${retry.attempts})`,
          { error: toError(error).message },
        );
        await this.#clock.sleep(seconds * 1000, signal);
      }
    }
  }

  /** Runs `work` after earlier work of the same `key`. A failure reaches only its own caller. */
  async #oneAtATime<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    this.#queues.set(key, settled);
    try {
      return await mine;
    } finally {
      if (this.#queues.get(key) === settled) this.#queues.delete(key);
    }
  }
}

/** If the right to look a family up is missing, its definition is registered without a look-up. */
async function lookUp(
  family: string,
  session: DefinitionSession,
  signal: AbortSignal,
): Promise<JsonObject | Error> {
  try {
    return await session.describeTaskDefinition(family, signal);
  } catch (error) {
    if (denialOf(error)?.kind === 'right') return toError(error);
    throw error;
  }
}

function isHopeless(error: unknown): boolean {
  return error instanceof AwsCallError && classifyAwsError(error) === 'hopeless';
}

function contentKey(session: DefinitionSession, prepared: PreparedDefinition): string {
  return `${session.key}|${prepared.family}|${prepared.fingerprint}`;
}

function familyKey(session: DefinitionSession, family: string): string {
  return `${session.key}|${family}`;
}

function retrievalLine(reference: string): string {
  return /^arn:[^:]+:ecs:/.test(reference)
    ? `Retrieving ECS task definition '${reference}'...`
    : `Retrieving most recent active revision from ECS task family '${reference}'...`;
}
