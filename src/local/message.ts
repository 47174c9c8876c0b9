/** Headers by case-insensitive name. Like the platform's `Headers`, at a tenth of its cost. */
export interface HeaderFields extends Iterable<[string, string]> {
  get(name: string): string | null;
  has(name: string): boolean;
}

/** What a local server reads of a request. The platform's `Request` qualifies. */
export interface LocalRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderFields;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
  text(): Promise<string>;
}

/** Headers of a message that was never on a wire. */
export class PlainHeaders implements HeaderFields {
  readonly #fields: ReadonlyMap<string, string>;

  constructor(fields: Readonly<Record<string, string>> = {}) {
    this.#fields = new Map(
      Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]),
    );
  }

  get(name: string): string | null {
    return this.#fields.get(name.toLowerCase()) ?? null;
  }

  has(name: string): boolean {
    return this.#fields.has(name.toLowerCase());
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    return this.#fields[Symbol.iterator]();
  }
}

/**
 * A local server's answer: the used parts of the platform's `Response`, without streams.
 * Simulations create millions of these, and creating the platform's takes longer than the server's
 * own work. The body may be read repeatedly.
 */
export class Answer {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: string;

  constructor(status: number, body = '', headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.body = body;
    this.headers = new PlainHeaders(headers);
  }

  static json(
    status: number,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Answer {
    return new Answer(status, JSON.stringify(body), {
      'content-type': 'application/json',
      ...headers,
    });
  }

  /** A copy with the server's `Date`, in whole seconds. */
  dated(now: Date): Answer {
    return new Answer(this.status, this.body, {
      ...Object.fromEntries(this.headers),
      date: now.toUTCString(),
    });
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  text(): Promise<string> {
    return Promise.resolve(this.body);
  }

  json(): Promise<unknown> {
    return this.text().then((text): unknown => JSON.parse(text));
  }
}
