import { z } from 'zod';
import { ParamValidationError, ValidationError } from '../../kernel/errors.ts';
import { plainNumbersIn, type Json, type JsonObject } from '../../kernel/json.ts';
import { mismatchWords } from '../../kernel/mismatch.ts';
import { Secret } from '../../kernel/secret.ts';
import { JsonRecord } from '../prefect/json.ts';
import type { AwsClientParameters, AwsCredentials } from './aws-credentials.ts';
import { lenientBoolean, textOrNothing } from './lenient.ts';
import { objectIn } from './shape.ts';
import { problemWords } from '../aws-model/problem-words.ts';
import { problemsIn } from '../aws-model/problems.ts';
import { clientShapes } from '../aws-model/shapes.ts';

/** AssumeRole parameters in a block. Null ones are not sent, empty lists are (worker.md 2.1). */
const assumeRoleParameters = [
  'RoleSessionName',
  'DurationSeconds',
  'Policy',
  'PolicyArns',
  'Tags',
  'TransitiveTagKeys',
  'ExternalId',
  'SerialNumber',
  'TokenCode',
  'SourceIdentity',
  'ProvidedContexts',
] as const;

const whole = 'aws_credentials';

const secretText = textOrNothing.transform((text) =>
  text === undefined ? undefined : new Secret(text),
);

const ClientParameters = z
  .object({
    api_version: textOrNothing,
    use_ssl: lenientBoolean,
    verify: z.union([z.boolean(), z.string(), z.null()]).optional(),
    verify_cert_path: textOrNothing,
    endpoint_url: textOrNothing,
    config: JsonRecord.nullish(),
  })
  .transform((wire): AwsClientParameters => ({
    apiVersion: wire.api_version,
    useSsl: wire.use_ssl ?? true,
    verify: wire.verify ?? undefined,
    verifyCertPath: wire.verify_cert_path,
    endpointUrl: wire.endpoint_url,
    config: wire.config ?? undefined,
  }));

const Credentials = z.object({
  aws_access_key_id: textOrNothing,
  aws_secret_access_key: secretText,
  aws_session_token: secretText,
  profile_name: textOrNothing,
  region_name: textOrNothing,
  aws_client_parameters: z.preprocess((value) => value ?? {}, ClientParameters),
  assume_role_arn: textOrNothing,
  assume_role_kwargs: z.preprocess((value) => value ?? {}, JsonRecord),
});

/**
 * Parses resolved credentials (worker.md 2.1); null equals `{}`. Unknown keys of a block are
 * ignored, unknown client and role parameters are refused. Throws ValidationError or
 * ParamValidationError with the field, never a value: any of them may be secret.
 */
export function parseAwsCredentials(value: Json | undefined): AwsCredentials {
  const given = plainNumbersIn(value ?? {});
  const parsed = Credentials.safeParse(given);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => ({ ...issue, path: [whole, ...issue.path] }));
    throw new ValidationError(
      `Invalid AWS credentials. ${mismatchWords({ [whole]: given }, { issues })}.`,
    );
  }
  const wire = parsed.data;
  checkNames(objectIn(given));
  return {
    accessKeyId: wire.aws_access_key_id,
    secretAccessKey: wire.aws_secret_access_key,
    sessionToken: wire.aws_session_token,
    profileName: wire.profile_name,
    regionName: wire.region_name,
    clientParameters: wire.aws_client_parameters,
    assumeRoleArn: wire.assume_role_arn,
    assumeRoleParameters: assumeRoleParametersOf(wire.assume_role_kwargs),
  };
}

/**
 * Without this, a misspelt `endpoint_url` would send the job's credentials to AWS, and a misspelt
 * option would have no effect.
 */
function checkNames({
  aws_client_parameters: parameters,
  assume_role_kwargs: kwargs,
}: JsonObject): void {
  const document = {
    aws_client_parameters: parameters ?? null,
    assume_role_kwargs: kwargs ?? null,
  };
  const problems = problemsIn(document, 'Credentials', { shapes: clientShapes, isWritten: true });
  if (problems.length === 0) return;
  throw new ParamValidationError(problemWords(problems, `\`${whole}\``, false));
}

function assumeRoleParametersOf(given: JsonObject): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    assumeRoleParameters.flatMap((name): [string, Json][] => {
      const value = given[name];
      return value === undefined || value === null ? [] : [[name, value]];
    }),
  );
}
