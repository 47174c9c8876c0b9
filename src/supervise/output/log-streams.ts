import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import type { TaskGroup } from '../../kernel/task-group.ts';
import type { OpenOutput, OutputStreams, StreamedOutput } from '../../run/ports/output-streams.ts';
import { LogStream } from './log-stream.ts';

/** Streams of one log group, read with the same credentials. */
type Streams = Set<LogStream>;

/** Concurrent reads of one log group. AWS's rate limits bound them anyway. */
const readers = 4;
/** With fewer streams, reading each is faster than asking which have news. */
const fewestAskedAbout = 4;
/** FilterLogEvents accepts at most this many names (aws-ecs.md B.7.3). */
const namesPerCall = 100;
/**
 * Every tenth round reads all streams. A line that arrives very late is missed by a query for
 * recent lines.
 */
const roundsBetweenFullOnes = 10;
/** Lines are queried by their timestamp and may arrive this much later. */
const lateMs = 30_000;
/** The log driver may still deliver lines after the container has exited. */
const lastReads = 3;
const lastReadEveryMs = 1_000;

/**
 * Streams the output of many containers. Each stream is read with its own forward token, so that no
 * line is lost or shown twice, whatever its timestamp. When most streams are quiet, one
 * FilterLogEvents call finds which of up to 100 are worth a read. All calls go through the
 * session's rate budget for logs, so that output never delays a launch or a stop.
 */
export class LogStreams implements OutputStreams {
  readonly #clock: Clock;
  readonly #group: TaskGroup;
  readonly #groups = new Map<string, Streams>();

  constructor(clock: Clock, group: TaskGroup) {
    this.#clock = clock;
    this.#group = group;
  }

  open(output: StreamedOutput): OpenOutput {
    const stream = new LogStream(output, this.#clock);
    const key = `${output.from.session.key}|${output.from.group}`;
    const streams = this.#groups.get(key);
    if (streams === undefined) this.#start(key, new Set([stream]));
    else streams.add(stream);
    const letGo = (): void => void this.#groups.get(key)?.delete(stream);
    return {
      letGo,
      finish: async (signal) => {
        letGo();
        while ((await stream.read(signal)) > 0); // one read may leave later lines to the next
        for (let read = 0; read < lastReads; read += 1) {
          await this.#clock.sleep(lastReadEveryMs, signal);
          if ((await stream.read(signal)) === 0) break;
        }
        return stream.isWhole;
      },
    };
  }

  #start(key: string, streams: Streams): void {
    this.#groups.set(key, streams);
    this.#group.spawn(`output ${key}`, async (signal) => {
      let round = 0;
      let areMostQuiet = false;
      let lastRoundAt: Date | undefined;
      while (streams.size > 0) {
        const startedMs = this.#clock.monotonicMs();
        const startedAt = this.#clock.now();
        const isAsked =
          areMostQuiet && lastRoundAt !== undefined && round % roundsBetweenFullOnes !== 0;
        const toRead = isAsked
          ? await withNews(streams, new Date((lastRoundAt ?? startedAt).getTime() - lateMs), signal)
          : [...streams];
        const told = await readAll(toRead, signal);
        areMostQuiet = streams.size >= fewestAskedAbout && told * 2 < streams.size;
        lastRoundAt = startedAt;
        round += 1;
        const everyMs = Math.min(...[...streams].map((stream) => stream.everyMs));
        const leftMs = startedMs + everyMs - this.#clock.monotonicMs();
        if (streams.size > 0) await this.#clock.sleep(Math.max(leftMs, 0), signal);
      }
      // There is no await between the check and this line. Otherwise a stream added in between
      // would be in a set that no loop reads any more.
      this.#groups.delete(key);
    });
  }
}

/** Reads all these streams and returns how many had new lines. */
async function readAll(streams: readonly LogStream[], signal: AbortSignal): Promise<number> {
  const waiting = [...streams];
  let told = 0;
  const reader = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if ((await next.read(signal)) > 0) told += 1;
    }
  };
  await Promise.all(Array.from({ length: readers }, reader));
  return told;
}

/**
 * The streams that may have lines since then: those that did not exist yet and those that AWS
 * names. If AWS does not answer, all of them.
 */
async function withNews(
  streams: Streams,
  since: Date,
  signal: AbortSignal,
): Promise<readonly LogStream[]> {
  const known = [...streams].filter((stream) => stream.exists);
  const chosen = [...streams].filter((stream) => !stream.exists);
  for (let at = 0; at < known.length; at += namesPerCall) {
    const some = known.slice(at, at + namesPerCall);
    const [first] = some;
    if (first === undefined) break;
    const { session, group } = first.from;
    const named = await session
      .streamsWithLines({ group, streams: some.map(({ from }) => from.stream), since }, signal)
      .catch((error: unknown) => {
        signal.throwIfAborted();
        first.log.debug('FilterLogEvents failed; reading the log streams one by one', {
          error: toError(error).message,
        });
        return undefined;
      });
    chosen.push(
      ...(named === undefined ? some : some.filter(({ from }) => named.has(from.stream))),
    );
  }
  return chosen;
}
