/** The Prefect API that `dev` works with. */
export interface PrefectApiServer extends AsyncDisposable {
  readonly apiUrl: string;
  /** Where its web pages are; undefined where it has none. */
  readonly pages: string | undefined;
  /** Resolves when a server of ours has ended by itself; never for one that was there before. */
  readonly ended: Promise<string>;
}
