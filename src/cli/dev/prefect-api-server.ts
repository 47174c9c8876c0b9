/** The Prefect API that `dev` uses. */
export interface PrefectApiServer extends AsyncDisposable {
  readonly apiUrl: string;
  /** URL of its UI, if it has one. */
  readonly pages: string | undefined;
  /** The settings that a client needs, including the worker. */
  readonly environment: Readonly<Record<string, string>>;
  /** The part of `environment` to print: secrets that `dev` created, never those of the user. */
  readonly shown: Readonly<Record<string, string>>;
  /** Resolves if a server that `dev` started exits by itself. Never for an existing server. */
  readonly ended: Promise<string>;
}
