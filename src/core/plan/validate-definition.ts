import { ValueError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { EcsJob } from '../job/ecs-job.ts';
import { effectiveLaunchType, isFargate } from './launch-type.ts';
import { isEmpty, textIn, textsIn } from '../job/shape.ts';

/**
 * Throws ValueError when a definition cannot be run as the job asks (worker.md 6, in its
 * order: the first that fails decides the message).
 */
export function validateDefinition(definition: JsonObject, job: EcsJob): void {
  if (job.configureCloudwatchLogs && isEmpty(definition['executionRoleArn'])) {
    throw new ValueError(
      'An execution role arn must be set on the task definition to use `configure_cloudwatch_logs` or `stream_logs` ' +
        'but no execution role was found on the task definition.',
    );
  }
  const request = job.taskRunRequest;
  if (!isEmpty(request['capacityProviderStrategy']) && request['launchType'] !== 'FARGATE_SPOT')
    return;
  const launchType = effectiveLaunchType(request, definition);
  if (launchType === undefined) return;
  checkCompatibility(definition, launchType);
  checkNetworkMode(definition, launchType);
}

function checkCompatibility(definition: JsonObject, launchType: string): void {
  const compatibilities = definition['requiresCompatibilities'];
  if (launchType === 'EC2' || compatibilities === undefined || compatibilities === null) return;
  const required = launchType === 'EXTERNAL' ? 'EXTERNAL' : 'FARGATE';
  if (textsIn(compatibilities).includes(required)) return;
  throw new ValueError(
    `Task definition does not have '${required}' in 'requiresCompatibilities' and cannot be used with launch type ` +
      `'${launchType}'`,
  );
}

function checkNetworkMode(definition: JsonObject, launchType: string): void {
  const mode = textIn(definition['networkMode']) ?? 'awsvpc';
  if (!isFargate(launchType) || mode === 'awsvpc') return;
  throw new ValueError(
    `Found network mode '${mode}' which is not compatible with launch type '${launchType}'. Use either the 'EC2' ` +
      "launch type or the 'awsvpc' network mode.",
  );
}
