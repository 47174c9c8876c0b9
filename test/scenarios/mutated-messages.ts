import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Random } from '../../src/kernel/random.ts';

/** Mutable JSON. */
type Json = null | boolean | number | string | Json[] | JsonObject;
interface JsonObject {
  [key: string]: Json;
}

const Recorded = z.array(z.object({ source: z.string(), body: z.json() }));

/** Message bodies recorded from public sources. Accounts and ids are invented. */
export function recordedBodies(): readonly string[] {
  const file = new URL('recorded-events.json', import.meta.url);
  return Recorded.parse(JSON.parse(readFileSync(file, 'utf8'))).map(({ body }) =>
    JSON.stringify(body),
  );
}

/** Facts of the world that a forger may know and put into the wrong message. */
export interface Loot {
  readonly flowRunIds: readonly string[];
  readonly taskArns: readonly string[];
  /** Values of `startedBy`. */
  readonly marks: readonly string[];
  readonly definitionArns: readonly string[];
}

interface Place {
  readonly holder: JsonObject | Json[];
  readonly key: string | number;
}

/**
 * Mutates real and recorded messages, each in one to four ways. The same seed gives the same
 * messages.
 */
export class Mutator {
  readonly #random: Random;
  readonly #loot: Loot;

  constructor(random: Random, loot: Loot) {
    this.#random = random;
    this.#loot = loot;
  }

  of(bodies: readonly string[]): string {
    const event = JSON.parse(this.#oneOf(bodies)) as JsonObject; // every body is a JSON object
    const detail = event['detail'];
    if (isObject(detail) && this.#random.next() < 0.6) this.#lie(detail);
    for (let left = Math.floor(this.#random.next() * 4); left >= 0; left -= 1) this.#change(event);
    const text = this.#withPrototype(JSON.stringify(event));
    return this.#random.next() < 0.05
      ? text.slice(0, Math.floor(this.#random.next() * text.length))
      : text;
  }

  /** Applies the lies that would do the most harm if a worker believed them. */
  #lie(detail: JsonObject): void {
    const { flowRunIds, taskArns, marks, definitionArns } = this.#loot;
    const environment = [{ name: 'PREFECT__FLOW_RUN_ID', value: this.#oneOf(flowRunIds) }];
    const lies: readonly JsonObject[] = [
      {
        lastStatus: 'STOPPED',
        desiredStatus: 'STOPPED',
        containers: [{ name: 'prefect', exitCode: 1 }],
      },
      {
        lastStatus: 'STOPPED',
        stopCode: 'TaskFailedToStart',
        stoppedReason: 'Capacity is unavailable',
        containers: [],
      },
      { lastStatus: this.#oneOf(['RUNNING', 'PENDING', 'DEPROVISIONING', 'DELETED']) },
      { version: this.#oneOf([9_007_199_254_740_991, 1e308, -1, 0]) },
      { taskArn: this.#oneOf(taskArns) },
      { startedBy: this.#oneOf(marks) },
      { taskDefinitionArn: this.#oneOf(definitionArns) },
      { overrides: { containerOverrides: [{ name: 'prefect', environment }] } },
    ];
    for (let left = 3; left > 0; left -= 1) Object.assign(detail, this.#oneOf(lies));
  }

  #change(event: JsonObject): void {
    const places = placesIn(event);
    const { holder, key } = this.#oneOf(places);
    const other = this.#oneOf(places);
    const value = valueAt({ holder, key });
    switch (this.#oneOf(['delete', 'retype', 'swap', 'double', 'huge', 'another', 'time'])) {
      case 'delete':
        if (Array.isArray(holder)) holder.splice(Number(key), 1);
        else delete holder[key];
        return;
      case 'retype':
        return put(
          { holder, key },
          this.#oneOf([null, 0, -1, true, 'text', '', [], {}, [value], { value }]),
        );
      case 'swap': {
        const theirs = structuredClone(valueAt(other));
        put(other, structuredClone(value));
        return put({ holder, key }, theirs);
      }
      case 'double':
        if (Array.isArray(holder)) holder.push(structuredClone(value));
        else holder[`${key}2`] = structuredClone(value);
        return;
      case 'huge':
        return put(
          { holder, key },
          this.#oneOf<Json>(['x'.repeat(50_000), 1e308, nested(500), manyOf(2_000)]),
        );
      case 'another': {
        const { flowRunIds, taskArns, marks, definitionArns } = this.#loot;
        return put(
          { holder, key },
          this.#oneOf([...flowRunIds, ...taskArns, ...marks, ...definitionArns]),
        );
      }
      case 'time':
        event['time'] = this.#oneOf(['1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', 'yesterday']);
    }
  }

  /** Works on the text, since a `__proto__` key in an object literal would set its prototype. */
  #withPrototype(text: string): string {
    if (this.#random.next() >= 0.2) return text;
    const key = this.#oneOf(['__proto__', 'constructor', 'toString', 'hasOwnProperty']);
    const at = this.#oneOf([...text.matchAll(/\{/g)].map(({ index }) => index));
    const rest = text.slice(at + 1);
    const member = `"${key}":{"lastStatus":"STOPPED","polluted":true,"exitCode":1}`;
    return `${text.slice(0, at)}{${member}${rest.startsWith('}') ? '' : ','}${rest}`;
  }

  #oneOf<Of>(all: readonly Of[]): Of {
    const chosen = all[Math.floor(this.#random.next() * all.length)];
    if (chosen === undefined) throw new Error('there is nothing to choose from');
    return chosen;
  }
}

function placesIn(value: Json): readonly Place[] {
  if (Array.isArray(value))
    return value.flatMap((item, key) => [{ holder: value, key }, ...placesIn(item)]);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    { holder: value, key },
    ...placesIn(item),
  ]);
}

function valueAt({ holder, key }: Place): Json {
  return (Array.isArray(holder) ? holder[Number(key)] : holder[key]) ?? null;
}

function put({ holder, key }: Place, value: Json): void {
  if (Array.isArray(holder)) holder[Number(key)] = value;
  else holder[key] = value;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nested(depth: number): Json {
  let value: Json = 'core';
  for (let left = depth; left > 0; left -= 1) value = left % 2 === 0 ? [value] : { value };
  return value;
}

const manyOf = (count: number): Json =>
  Array.from({ length: count }, () => ({ name: 'prefect', exitCode: 1 }));
