import type { Answer } from '../message.ts';
import type { z } from 'zod';
import { parseBody } from './http.ts';
import type { Feature } from './server-version.ts';
import type { Arrival, World } from './world.ts';

/** A request on its way through a route. `B` is the body as its schema reads it. */
export interface Call<B> {
  readonly world: World;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: B;
  /** Undefined: not a Prefect client, or one that sends no version. */
  readonly clientVersion: string | undefined;
  /** Reads answer with the state of this time. Undefined: now. */
  readonly asOf: string | undefined;
  /** When a delayed call arrived. Undefined: now. */
  readonly arrival: Arrival | undefined;
}

/** Answers a call whose body is not parsed yet. Only the route knows the type of its schema. */
export interface Route {
  readonly method: string;
  /** `/flow_runs/{id}/set_state`. `{id}` takes UUIDs only. */
  readonly path: string;
  readonly needs: Feature | undefined;
  answer(call: Call<unknown>): Answer;
}

interface RouteOptions {
  readonly needs?: Feature;
}

export function get(
  path: string,
  answer: (call: Call<unknown>) => Answer,
  options: RouteOptions = {},
): Route {
  return { method: 'GET', path, needs: options.needs, answer };
}

export function remove(path: string, answer: (call: Call<unknown>) => Answer): Route {
  return { method: 'DELETE', path, needs: undefined, answer };
}

export function takes<T extends z.ZodType>(
  method: 'POST' | 'PATCH' | 'PUT',
  path: string,
  schema: T,
  answer: (call: Call<z.output<T>>) => Answer,
  options: RouteOptions = {},
): Route {
  return {
    method,
    path,
    needs: options.needs,
    answer: (call) => answer({ ...call, body: parseBody(schema, call.body) }),
  };
}

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

interface Compiled {
  readonly route: Route;
  readonly parts: readonly string[];
}

const uuid = /^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/;

/**
 * Finds the route of a method and path. Fixed parts win over parameters, because the server
 * registers them first.
 */
export class Router {
  readonly #byShape = new Map<string, Compiled[]>();
  readonly #paths: readonly (readonly string[])[];

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const parts = partsOf(route.path);
      const shape = `${route.method} ${parts.length}`;
      const list = this.#byShape.get(shape) ?? [];
      list.push({ route, parts });
      list.sort((one, other) => parametersIn(one.parts) - parametersIn(other.parts));
      this.#byShape.set(shape, list);
    }
    this.#paths = routes.map((route) => partsOf(route.path));
  }

  match(method: string, pathname: string): Match | 'not-found' | 'wrong-method' {
    const parts = partsOf(pathname).map(decoded);
    for (const { route, parts: pattern } of this.#byShape.get(`${method} ${parts.length}`) ?? []) {
      const params = paramsOf(pattern, parts);
      if (params !== undefined) return { route, params };
    }
    const isKnown = this.#paths.some(
      (pattern) => pattern.length === parts.length && paramsOf(pattern, parts) !== undefined,
    );
    return isKnown ? 'wrong-method' : 'not-found';
  }
}

function partsOf(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '');
}

function parametersIn(parts: readonly string[]): number {
  return parts.filter((part) => part.startsWith('{')).length;
}

function paramsOf(
  pattern: readonly string[],
  parts: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [at, expected] of pattern.entries()) {
    const part = parts[at] ?? '';
    if (!expected.startsWith('{')) {
      if (part !== expected) return undefined;
      continue;
    }
    const name = expected.slice(1, -1);
    if (name === 'id' && !uuid.test(part)) return undefined;
    params[name] = name === 'id' ? part.toLowerCase() : part;
  }
  return params;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
