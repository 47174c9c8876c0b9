import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LocalAws, ProcessExecutor, serveOnLoopback } from '../../src/local/index.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { projectRoot, python, runProcess } from '../end-to-end/processes.ts';

const never = new AbortController().signal;

it('boto3 can drive the local AWS: tasks, logs, errors, queues and roles', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'prefect-ecs-boto3-'));
  const executor = new ProcessExecutor({
    images: [{ pattern: 'prefecthq/prefect:*', directory: `${projectRoot}.venv` }],
    folder,
    clock: systemClock,
    log: silentLogger,
  });
  await using aws = new LocalAws({ clock: systemClock, random: systemRandom, executor });
  const server = await serveOnLoopback((request) => aws.handle(request), {}, never);

  const { exitCode, output } = await runProcess(
    python,
    [`${projectRoot}test/contract/boto3-client.py`, server.url],
    {},
  );
  await server.close();
  await rm(folder, { recursive: true, force: true });

  expect(exitCode, output).toBe(0);
  expect(JSON.parse(output)).toEqual({
    account: '111122223333',
    cluster: 'ACTIVE',
    clusters: 2,
    definition: 'arn:aws:ecs:eu-west-1:111122223333:task-definition/boto:1',
    'same token, same task': true,
    'same token, other request': ['ConflictException', true],
    'exit code': 3,
    'stop code': 'EssentialContainerExited',
    tags: [{ key: 'team', value: 'data' }],
    streams: [true],
    lines: ['hello'],
    'end of log': true,
    running: true,
    'asked to stop': 'STOPPED',
    stopped: ['UserInitiated', 'enough', 143],
    refusals: {
      'unknown cluster': 'ClusterNotFoundException: Cluster not found.',
      'unknown definition': 'ClientException: TaskDefinition not found.',
      'unknown task': 'InvalidParameterException: The referenced task was not found.',
      'unknown operation':
        'UnknownOperationException: The local AWS does not support the operation ecs:ListServices.',
      'unknown vpc': "InvalidVpcID.NotFound: The vpc ID 'vpc-1' does not exist",
    },
    inactive: 'TaskDefinition is inactive',
    queue: true,
    targets: 0,
    'newest revision': 2,
    event: [true, 'STOPPED', 3],
    sent: 2,
    received: ['m0', 'm1'],
    deleted: 2,
    empty: false,
    'no queue': 'AWS.SimpleQueueService.NonExistentQueue',
    assumed: 'arn:aws:sts::444455556666:assumed-role/runner/worker',
    'their clusters': ['arn:aws:ecs:eu-west-1:444455556666:cluster/default'],
  });
});
