import { leftOutKey } from './json.ts';
import { parseKeeping } from './written-numbers.ts';

/**
 * The maximum weight of one part of an answer: a member weighs 4, an object or a list 2, an item 1.
 * Parsing such a part takes at most 100 ms on an ordinary machine, and so do its readers. Half a
 * megabyte of normal parameters weighs less.
 */
const heaviestPart = 400_000;

/** Prefect accepts 254 levels, and wraps them in a few of its own. */
const deepest = 300;

/** In characters. Shorter texts are parsed without a scan: they cannot take long. */
const shortestHeavy = 100_000;

/** In characters. They take 20 ms on an ordinary machine. */
const scannedAtOnce = 2_000_000;

/** Members of a list's record that may contain another record. */
const innerRecord = 'flow_run';

interface Part {
  readonly from: number;
  readonly to: number;
}

interface Scan {
  readonly cuts: readonly Part[];
  /** Elements of the top-level list, or the whole, each with its weight after cuts. */
  readonly elements: readonly (Part & { readonly weight: number })[];
}

/**
 * Parses a JSON text with user-controlled parts. An object or list that is too heavy or too deep to
 * parse without blocking the process is replaced by `{ [leftOutKey]: ... }`; its record stays.
 * Awaits `pause` between the records of a long list. Numbers in the members `kept` keep their text.
 * Throws SyntaxError as `JSON.parse` does.
 */
export async function parseHeavy(
  text: string,
  pause: () => Promise<void>,
  kept: readonly string[] = [],
): Promise<unknown> {
  if (text.length < shortestHeavy) return parseKeeping(text, kept);
  const { cuts, elements } = await lightScan(text, pause);
  const without = (part: Part): string => withoutCuts(text, part, cuts);
  const whole = { from: 0, to: text.length };
  if (!isListOf(elements, text)) return parseKeeping(without(whole), kept);
  const parsed: unknown[] = [];
  let weight = 0;
  for (const element of elements) {
    weight += element.weight;
    if (weight > heaviestPart) {
      await pause();
      weight = element.weight;
    }
    parsed.push(parseKeeping(without(element), kept));
  }
  return parsed;
}

/** Whether the text is a list of exactly these elements. */
function isListOf(elements: readonly Part[], text: string): boolean {
  const [first] = elements;
  if (first === undefined || first.from === 0) return false;
  const around = elements.map(({ from }, at) => text.slice(elements[at - 1]?.to ?? 0, from));
  try {
    const list: unknown = JSON.parse(`${around.join('0')}0${text.slice(elements.at(-1)?.to)}`);
    return Array.isArray(list) && list.length === elements.length;
  } catch {
    return false; // the parser will report the error
  }
}

/** If parts are each light enough but their record is too heavy, the limit for parts is reduced. */
async function lightScan(text: string, pause: () => Promise<void>): Promise<Scan> {
  let scan = await scanned(text, heaviestPart, pause);
  for (let most = heaviestPart / 8; most > 100 && isHeavy(scan); most /= 8)
    scan = await scanned(text, most, pause);
  return scan;
}

function isHeavy({ elements }: Scan): boolean {
  return elements.some(({ weight }) => weight > heaviestPart * 1.5);
}

function withoutCuts(text: string, { from, to }: Part, cuts: readonly Part[]): string {
  const pieces: string[] = [];
  let at = from;
  for (let next = firstFrom(cuts, from); next < cuts.length; next += 1) {
    const cut = cuts[next];
    if (cut === undefined || cut.from >= to) break;
    pieces.push(text.slice(at, cut.from), JSON.stringify({ [leftOutKey]: cut.to - cut.from }));
    at = cut.to;
  }
  pieces.push(text.slice(at, to));
  return pieces.join('');
}

/** Index of the first cut at or after `from`. Cuts are sorted. */
function firstFrom(cuts: readonly Part[], from: number): number {
  let [low, high] = [0, cuts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cuts[middle]?.from ?? Infinity) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Open {
  readonly from: number;
  /** A record, or the top level: never cut. */
  readonly isKept: boolean;
  weight: number;
}

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** One pass over any text. Invalid JSON is left to the parser. */
class Scanner {
  readonly #text: string;
  readonly #most: number;
  readonly #open: Open[] = [];
  readonly #cuts: Part[] = [];
  readonly #elements: (Part & { readonly weight: number })[] = [];
  /** Levels below the deepest scanned one. */
  #below = 0;
  #name: Part = { from: 0, to: 0 };
  #isList = false;
  #at = 0;

  constructor(text: string, most: number) {
    this.#text = text;
    this.#most = most;
  }

  /** Scans this many more characters, or up to the end of a string. True: finished. */
  scanOn(count: number): boolean {
    const text = this.#text;
    const end = Math.min(this.#at + count, text.length);
    let at = this.#at;
    for (; at < end; at += 1) {
      const code = text.charCodeAt(at);
      if (code === quote) {
        const to = afterString(text, at);
        this.#name = { from: at + 1, to: to - 1 };
        at = to - 1;
      } else if (code === comma || code === colon) this.#weigh(code === comma ? 1 : 4);
      else if (code === openBrace || code === openBracket) this.#begin(at, code === openBracket);
      else if (code === closeBrace || code === closeBracket) this.#end(at + 1);
    }
    this.#at = at;
    return at >= text.length;
  }

  get found(): Scan {
    return { cuts: this.#cuts, elements: this.#elements };
  }

  #weigh(weight: number): void {
    const inner = this.#open.at(-1);
    if (inner !== undefined) inner.weight += weight;
  }

  #begin(from: number, isList: boolean): void {
    const depth = this.#open.length;
    if (depth >= deepest) {
      this.#below += 1;
      return;
    }
    if (depth === 0) this.#isList = isList;
    const isKept =
      depth === 0 ||
      (depth === 1 && this.#isList) ||
      (depth === 2 && this.#isList && this.#isNamed(innerRecord));
    this.#open.push({ from, isKept, weight: 2 });
  }

  #isNamed(name: string): boolean {
    const { from, to } = this.#name;
    return to - from === name.length && this.#text.startsWith(name, from);
  }

  #end(to: number): void {
    if (this.#below > 0) {
      this.#below -= 1;
      const inner = this.#open.at(-1);
      if (inner !== undefined) inner.weight = Infinity; // too deep: cut it with everything below
      return;
    }
    const ended = this.#open.pop();
    if (ended === undefined) return;
    const { from, weight, isKept } = ended;
    const isCut = !isKept && weight > this.#most;
    if (isCut) {
      while ((this.#cuts.at(-1)?.from ?? -1) > from) this.#cuts.pop();
      this.#cuts.push({ from, to });
    }
    const depth = this.#open.length;
    if (depth === (this.#isList ? 1 : 0)) this.#elements.push({ from, to, weight });
    this.#weigh(isCut ? 1 : weight);
  }
}

async function scanned(text: string, most: number, pause: () => Promise<void>): Promise<Scan> {
  const scanner = new Scanner(text, most);
  while (!scanner.scanOn(scannedAtOnce)) await pause();
  return scanner.found;
}

/** Index after the closing quote of the string, or the end of a truncated text. */
function afterString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes += 1;
    if (slashes % 2 === 0) return at + 1;
  }
  return text.length;
}
