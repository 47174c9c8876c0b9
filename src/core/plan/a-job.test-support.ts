import { parseAwsCredentials } from '../job/credentials.ts';
import type { EcsJob } from '../job/ecs-job.ts';
import { noOrigins } from '../job/origins.ts';

/** A resolved job on Fargate with one container, as tests vary it. */
export function aJob(changes: Partial<EcsJob> = {}): EcsJob {
  return {
    flowRunId: 'run',
    flowId: 'flow',
    deploymentId: 'deployment',
    workPoolName: 'pool',
    name: 'run',
    command: 'prefect flow-run execute',
    env: {},
    unsetEnv: [],
    labels: {},
    awsCredentials: parseAwsCredentials({}),
    taskDefinition: { containerDefinitions: [{ name: 'prefect', image: 'example/job:1' }] },
    taskRunRequest: { launchType: 'FARGATE' },
    configureCloudwatchLogs: false,
    cloudwatchLogsOptions: {},
    cloudwatchLogsPrefix: undefined,
    networkConfiguration: {},
    streamOutput: false,
    taskStartTimeoutSeconds: undefined,
    taskWatchPollIntervalSeconds: 5,
    autoDeregisterTaskDefinition: false,
    matchLatestRevisionInFamily: false,
    vpcId: undefined,
    containerName: undefined,
    spokenContainerAt: undefined,
    cluster: undefined,
    prefectApiKeySecretArn: undefined,
    prefectApiAuthStringSecretArn: undefined,
    executionRoleArn: undefined,
    defaultImage: 'prefecthq/prefect:3-latest',
    tagBlanks: 'keep',
    origins: noOrigins,
    namedBy: noOrigins,
    credentialsAreSaved: false,
    secrets: [],
    chosenByRun: { credentials: false, cluster: false, definition: false, roles: [] },
    taskDefinitionPlaceholders: [],
    warnings: [],
    notices: [],
    ...changes,
  };
}
