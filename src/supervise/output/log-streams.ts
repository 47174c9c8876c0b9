import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import type { TaskGroup } from '../../kernel/task-group.ts';
import type { OpenOutput, OutputStreams, StreamedOutput } from '../../run/ports/output-streams.ts';
import { LogStream } from './log-stream.ts';

/** Streams of one log group that the same credentials read. */
type Streams = Set<LogStream>;

/** Reads under way at once, of one log group: the rates of AWS bound them anyway. */
const readers = 4;
/** Fewer are read faster than asked about. */
const fewestAskedAbout = 4;
/** FilterLogEvents accepts at most this many names (aws-ecs.md B.7.3). */
const namesPerCall = 100;
/**
 * Every so many rounds all are read: a line that came very late is seen by no question about recent
 * ones.
 */
const roundsBetweenFullOnes = 10;
/** A line is asked for by its time, and may arrive that much later. */
const lateMs = 30_000;
/** After a container's end the driver may still deliver. */
const lastReads = 3;
const lastReadEveryMs = 1_000;

/**
 * Shows the output of many containers. Each stream is read with its own forward token, so that
 * nothing is lost and nothing comes twice, whatever the times of its lines; where most streams are
 * quiet, one FilterLogEvents tells which of a hundred are worth a read. All reads go through the
 * session's budget for logs.
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
        while ((await stream.read(signal)) > 0); // a read may leave the rest to the next
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
      // No await between the look and this: a stream that comes later finds no set and starts a new
      // loop.
      this.#groups.delete(key);
    });
  }
}

/** Reads all of these; says how many had something. */
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
 * Those that may have lines since then: not yet there, or named by AWS; all, where AWS does not
 * tell.
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
