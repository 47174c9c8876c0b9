/** The Prefect API that `dev` works with. */
export interface PrefectApiServer extends AsyncDisposable {
  readonly apiUrl: string;
  /** Where its web pages are; undefined where it has none. */
  readonly pages: string | undefined;
  /** What a client needs to be let in, the worker for one. */
  readonly environment: Readonly<Record<string, string>>;
  /** What of that is printed: secrets that `dev` made, and none that it was given. */
  readonly shown: Readonly<Record<string, string>>;
  /** Resolves when a server of ours has ended by itself; never for one that was there before. */
  readonly ended: Promise<string>;
}
