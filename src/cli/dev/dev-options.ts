/** `dev`'s flags, parsed. */
export interface DevOptions {
  readonly pool: string;
  readonly limit: number | undefined;
  readonly prefectUrl: string | undefined;
  readonly localAwsOnly: boolean;
  readonly json: boolean;
  readonly port: number;
  readonly image: readonly string[];
}
