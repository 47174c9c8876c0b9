import { Buffer } from 'node:buffer';
import type { World } from './world.ts';

/**
 * Makes the secret of one place, which must be shown nowhere. Its signs are those that each form of
 * `forms` encodes differently.
 */
const canary = (place: string): string => `c4n4ry"of/the+${place}%é`;
/** The same secret as the password of a URL. */
const inUrl = (place: string): string => encodeURIComponent(canary(place));

const ofWorker = {
  'api-key': 'PREFECT_API_KEY',
  'auth-string': 'PREFECT_API_AUTH_STRING',
  database: 'PREFECT_API_DATABASE_CONNECTION_URL',
  authorization: 'header',
  gateway: 'header',
  'https-proxy': 'HTTPS_PROXY_OF_RUNS',
  'aws-secret-key': 'AWS_SECRET_ACCESS_KEY',
  'aws-session-token': 'AWS_SESSION_TOKEN',
  pat: 'GITHUB_PAT',
  pass: 'LDAP_PASS',
  creds: 'REGISTRY_CREDS',
  key: 'SIGNING_KEY',
} as const;

const ofJob = [
  'secret-block',
  'json-block',
  'nested-field',
  'inline-aws-key',
  'inline-aws-token',
  'external-id',
  'endpoint',
  'run-token',
  'deployment-password',
  'definition-secret',
  'driver-option',
  'url-variable',
  'passphrase of several words',
] as const;

/** 25 secrets, one for each place that can hold one. */
export const canaries: readonly string[] = [...Object.keys(ofWorker), ...ofJob].map(canary);

/** The worker's own secrets, as environment variables. */
export const workerEnvironment: Readonly<Record<string, string>> = {
  PREFECT_API_KEY: canary('api-key'),
  PREFECT_API_AUTH_STRING: `admin:${canary('auth-string')}`,
  PREFECT_API_DATABASE_CONNECTION_URL: `postgresql://me:${inUrl('database')}@db/prefect`,
  PREFECT_CLIENT_CUSTOM_HEADERS: JSON.stringify({
    Authorization: `Bearer ${canary('authorization')}`,
    'X-Gateway': canary('gateway'),
  }),
  HTTPS_PROXY_OF_RUNS: `http://me:${inUrl('https-proxy')}@proxy:3128`,
  AWS_SECRET_ACCESS_KEY: canary('aws-secret-key'),
  AWS_SESSION_TOKEN: canary('aws-session-token'),
  GITHUB_PAT: canary('pat'),
  LDAP_PASS: canary('pass'),
  REGISTRY_CREDS: canary('creds'),
  SIGNING_KEY: canary('key'),
};

/** Puts into the pool and its blocks every secret that a job can have. */
export function keepSecrets(world: World): void {
  world.prefect.createBlock('secret', 'plain', { value: canary('secret-block') }, ['value']);
  world.prefect.createBlock('json', 'all', { value: { a: [canary('json-block')] } }, ['value']);
  const nested = { login: { password: canary('nested-field'), user: 'somebody' } };
  world.prefect.createBlock('database', 'nested', nested, ['login.password']);
  const phrase = canary('passphrase of several words');
  world.prefect.createBlock('secret', 'phrase', { value: phrase }, ['value']);
  world.configurePool({
    aws_credentials: {
      aws_access_key_id: '123456789012',
      aws_secret_access_key: canary('inline-aws-key'),
      aws_session_token: canary('inline-aws-token'),
      region_name: 'us-east-1',
      assume_role_kwargs: { ExternalId: canary('external-id') },
      aws_client_parameters: { endpoint_url: `http://me:${inUrl('endpoint')}@aws.local` },
    },
    configure_cloudwatch_logs: true,
    stream_output: true,
    execution_role_arn: 'arn:aws:iam::123456789012:role/execution',
    cloudwatch_logs_options: { 'splunk-token': canary('driver-option') },
    env: {
      RUN_TOKEN: canary('run-token'),
      DEPLOYMENT_PASSWORD: canary('deployment-password'),
      DEFINITION_SECRET: canary('definition-secret'),
      DATABASE_URL: `db://me:${inUrl('url-variable')}@db`,
      A: '{{ prefect.blocks.secret.plain }}',
      B: '{{ prefect.blocks.json.all.a[0] }}',
      C: '{{ prefect.blocks.database.nested.login.password }}',
      D: 'x{{ prefect.blocks.secret.phrase }}x',
    },
    labels: { note: '{{ prefect.blocks.secret.plain }}' },
  });
}

const json = (text: string): string => JSON.stringify(text).slice(1, -1);

/** Six forms in which a server, a library or a shell echoes its input. */
export const forms: Readonly<Record<string, (text: string) => string>> = {
  raw: (text) => text,
  'as JSON': json,
  'as JSON in JSON': (text) => json(json(text)),
  'in a URL': (text) => encodeURIComponent(text),
  'in base64': (text) => Buffer.from(text).toString('base64').replace(/=+$/, ''),
  // Base64 mixes the first and last characters with their neighbours', so they are cut off.
  'in base64 behind a name': (text) => Buffer.from(`x:${text}`).toString('base64url').slice(3, -4),
};

const whole: Readonly<Record<string, (text: string) => string>> = {
  ...forms,
  'in base64 behind a name': (text) => Buffer.from(`x:${text}`).toString('base64url'),
};

/** All secrets in all forms, as a server would echo them. */
export const echo: string = canaries
  .flatMap((text) => Object.values(whole).map((form) => form(text)))
  .join(' | ');

/** The secrets in a text, each with its form. */
export function found(text: string): readonly string[] {
  return canaries.flatMap((secret) =>
    Object.entries(forms).flatMap(([name, form]) =>
      text.includes(form(secret)) ? [`${secret} ${name}`] : [],
    ),
  );
}

/** Joins everything that people can read afterwards: log, output, states, events. */
export async function shownBy(world: World, runs: readonly string[]): Promise<string> {
  const logs = await world.prefect.handle(
    new Request('http://prefect.local/api/logs/filter', {
      method: 'POST',
      body: JSON.stringify({ limit: 200, sort: 'TIMESTAMP_DESC' }),
    }),
  );
  const tags = runs.flatMap((run) => world.tasksOf(run).map((task) => task.tags));
  return [
    ...world.log,
    ...world.output.map(({ message }) => message),
    ...runs.flatMap((run) =>
      world.prefect.history(run).map((state) => `${state.name} ${state.message ?? ''}`),
    ),
    JSON.stringify(world.prefect.events),
    JSON.stringify(tags),
    await logs.text(),
  ].join('\n');
}
