import type { JsonObject } from '../../kernel/json.ts';
import type { EcsJob } from '../job/ecs-job.ts';
import { isOfRun, partAt, type Origins, type Path } from '../job/origins.ts';
import { textsOf } from '../job/placeholders.ts';
import { objectIn, textIn } from '../job/shape.ts';
import {
  guardRailSettings,
  isAllowed,
  covers,
  notAllowed,
  quoted,
  NotAllowedError,
  type GuardRails,
} from './guard-rails.ts';

/** Where signed calls would go. Their content is sensitive: tasks' variables contain API keys. */
interface Endpoint {
  readonly text: string;
  readonly path: Path;
  readonly what: 'AWS endpoint' | 'AWS proxy';
}

const parametersAt: Path = ['aws_credentials', 'aws_client_parameters'];

/** Checks endpoints in job variables, before any block is read. Throws NotAllowedError. */
export function judgeSpelledEndpoints(
  configuration: JsonObject,
  namedBy: Origins,
  rails: GuardRails,
): void {
  const parameters = objectIn(objectIn(configuration['aws_credentials'])['aws_client_parameters']);
  const spelled = endpointsOf(textIn(parameters['endpoint_url']), objectIn(parameters['config']));
  for (const endpoint of spelled) {
    if (!endpoint.text.includes('{{')) judgeNamed(endpoint, namedBy, rails);
  }
}

/** Checks the endpoints of a job with resolved blocks and variables. Throws NotAllowedError. */
export function judgeEndpoints(job: EcsJob, rails: GuardRails): void {
  const { endpointUrl, config } = job.awsCredentials.clientParameters;
  for (const endpoint of endpointsOf(endpointUrl, config ?? {})) {
    if (!job.credentialsAreSaved) judgeNamed(endpoint, job.namedBy, rails);
    else if (!rails.allowsBlockEndpoints && !covers(rails.allowedAwsEndpoints, formsOf(endpoint)))
      throw ofBlock(endpoint);
  }
}

function endpointsOf(endpointUrl: string | undefined, config: JsonObject): readonly Endpoint[] {
  const proxies = textsOf(config['proxies'] ?? null);
  return [
    ...(endpointUrl === undefined
      ? []
      : [
          {
            text: endpointUrl,
            path: [...parametersAt, 'endpoint_url'],
            what: 'AWS endpoint',
          } as const,
        ]),
    ...proxies.map((text): Endpoint => ({
      text,
      path: [...parametersAt, 'config', 'proxies'],
      what: 'AWS proxy',
    })),
  ];
}

function judgeNamed(endpoint: Endpoint, namedBy: Origins, rails: GuardRails): void {
  const { allowedAwsEndpoints } = rails;
  const forms = formsOf(endpoint);
  if (isOfRun(partAt(namedBy, endpoint.path))) {
    if (covers(allowedAwsEndpoints, forms)) return;
    throw notAllowed(
      'allowedAwsEndpoints',
      `the ${endpoint.what} ${quoted(shownOf(endpoint))} of the job variables`,
      rails,
      'Save it in an AwsCredentials block and reference the block in `aws_credentials`',
    );
  }
  if (endpoint.what === 'AWS proxy' || isAllowed(allowedAwsEndpoints, forms)) return;
  throw notAllowed(
    'allowedAwsEndpoints',
    `the AWS endpoint ${quoted(shownOf(endpoint))} of the work pool`,
    rails,
    "Use another endpoint in the pool's template",
  );
}

function ofBlock({ what }: Endpoint): NotAllowedError {
  return new NotAllowedError(
    `${guardRailSettings.allowsBlockEndpoints} does not allow the ${what} of this run's AwsCredentials block. Use a block ` +
      `without one, or ask the operator of the worker to add it to ${guardRailSettings.allowedAwsEndpoints}.`,
  );
}

/** Only scheme, host and port count: a path or a user name may look like another host. */
function formsOf({ text }: Endpoint): readonly string[] {
  const origin = originOf(text);
  return origin === undefined ? [] : [origin];
}

function originOf(text: string): string | undefined {
  const url = text.includes('://') ? text : `http://${text}`;
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

/** Shows the origin only: a URL may contain a password. */
function shownOf({ text }: Endpoint): string {
  return originOf(text) ?? 'invalid URL';
}
