/** The parsed flags of `worker start`. */
export interface WorkerStartFlags {
  readonly pool: string;
  readonly name: string | undefined;
  readonly workQueue: readonly string[];
  readonly type: string | undefined;
  readonly limit: number | undefined;
  readonly prefetchSeconds: number | undefined;
  readonly runOnce: boolean;
  readonly createPoolIfNotFound: boolean;
  readonly baseJobTemplate: string | undefined;
  readonly debug: boolean;
}
