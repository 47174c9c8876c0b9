import type { Json, JsonObject } from '../../kernel/json.ts';
import type { Secret } from '../../kernel/secret.ts';

/** Client parameters of an AwsCredentials block (worker.md 2.4). Null means absent. */
export interface AwsClientParameters {
  readonly apiVersion: string | undefined;
  readonly useSsl: boolean;
  /** `false` turns certificate checks off; a text is the path of a CA bundle (deprecated). */
  readonly verify: boolean | string | undefined;
  readonly verifyCertPath: string | undefined;
  readonly endpointUrl: string | undefined;
  /** botocore option names, as written by the user. */
  readonly config: JsonObject | undefined;
}

/** Credentials of a job configuration (worker.md 2.1). All fields empty: the default chain. */
export interface AwsCredentials {
  readonly accessKeyId: string | undefined;
  readonly secretAccessKey: Secret | undefined;
  readonly sessionToken: Secret | undefined;
  readonly profileName: string | undefined;
  readonly regionName: string | undefined;
  readonly clientParameters: AwsClientParameters;
  readonly assumeRoleArn: string | undefined;
  /** Non-null AssumeRole parameters by AWS's names (`RoleSessionName`, `DurationSeconds`, ...). */
  readonly assumeRoleParameters: Readonly<Record<string, Json>>;
}
