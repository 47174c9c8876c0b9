import type { JsonObject } from '../../kernel/json.ts';
import { objectIn, objectsIn, textIn } from '../job/shape.ts';

/** A stream of CloudWatch Logs. */
export interface LogStreamName {
  readonly group: string;
  readonly stream: string;
}

/** Where a container's output goes, according to the task definition. */
export type LogLocation =
  /** `region` undefined: the task's region. */
  | ({ readonly kind: 'cloudwatch'; readonly region: string | undefined } & LogStreamName)
  /**
   * The output cannot be read. `warning` is the Python worker's exact text; `whereabouts` says
   * where else the output is, if known.
   */
  | {
      readonly kind: 'unreadable';
      readonly warning: string;
      readonly whereabouts: string | undefined;
    };

const notFound: LogLocation = {
  kind: 'unreadable',
  warning: 'Logging configuration not found on task. Output cannot be streamed.',
  whereabouts: undefined,
};

/**
 * The log stream of one container of a task: `<prefix>/<container>/<task id>` (worker.md 9.4, 10.8;
 * aws-ecs.md B.7.1).
 */
export function logLocationOf(
  definition: JsonObject,
  containerName: string,
  taskArn: string,
): LogLocation {
  const container = objectsIn(definition['containerDefinitions']).find(
    (candidate) => candidate['name'] === containerName,
  );
  if (container === undefined) {
    const warning =
      'Prefect container definition not found in task definition. Output cannot be streamed.';
    return { kind: 'unreadable', warning, whereabouts: undefined };
  }
  const configuration = objectIn(container['logConfiguration']);
  const driver = textIn(configuration['logDriver']);
  if (driver === undefined) return notFound;
  const options = objectIn(configuration['options']);
  if (driver !== 'awslogs') return elsewhere(driver, options);
  const group = textIn(options['awslogs-group']);
  const prefix = textIn(options['awslogs-stream-prefix']);
  if (group === undefined || prefix === undefined) return notFound;
  const taskId = taskArn.slice(taskArn.lastIndexOf('/') + 1);
  return {
    kind: 'cloudwatch',
    region: textIn(options['awslogs-region']),
    group,
    stream: `${prefix}/${containerName}/${taskId}`,
  };
}

/** Options with a driver's destination. Other options may contain tokens and are never shown. */
const addresses: Readonly<Record<string, readonly string[]>> = {
  awsfirelens: [
    'Name',
    'log_group_name',
    'delivery_stream',
    'stream',
    'bucket',
    'Host',
    'Region',
    'region',
  ],
  splunk: ['splunk-url', 'splunk-index'],
  fluentd: ['fluentd-address'],
  gelf: ['gelf-address'],
  syslog: ['syslog-address'],
};

function elsewhere(driver: string, options: JsonObject): LogLocation {
  const named = (addresses[driver] ?? []).flatMap((name) => {
    const value = textIn(options[name]);
    return value === undefined ? [] : [`${name} ${value}`];
  });
  const whereabouts =
    named.length > 0
      ? `The '${driver}' driver sends its output to: ${named.join(', ')}.`
      : ['json-file', 'local', 'journald'].includes(driver)
        ? `The '${driver}' driver keeps its output on the container instance.`
        : undefined;
  return {
    kind: 'unreadable',
    // Two spaces, as in the Python worker.
    warning: `Logging configuration uses unsupported  driver '${driver}'. Output cannot be streamed.`,
    whereabouts,
  };
}
