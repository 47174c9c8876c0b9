/** `dev`'s flags, parsed. */
export interface DevOptions {
  readonly pool: string;
  readonly limit: number | undefined;
  readonly prefectUrl: string | undefined;
  /** `prefect server start` instead of the API of this process. */
  readonly prefectServer: boolean;
  /** 0: a free one. */
  readonly prefectPort: number;
  /** A scenario file. */
  readonly faults: string | undefined;
  readonly localAwsOnly: boolean;
  readonly json: boolean;
  readonly port: number;
  readonly image: readonly string[];
}
