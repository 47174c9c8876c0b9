/** The parsed flags of `dev`. */
export interface DevOptions {
  readonly pool: string;
  readonly limit: number | undefined;
  readonly prefectUrl: string | undefined;
  /** Start `prefect server start` instead of the built-in local Prefect API. */
  readonly prefectServer: boolean;
  /** 0: any free port. */
  readonly prefectPort: number;
  /** Path of a scenario file. */
  readonly faults: string | undefined;
  readonly localAwsOnly: boolean;
  readonly json: boolean;
  readonly port: number;
  readonly image: readonly string[];
}
