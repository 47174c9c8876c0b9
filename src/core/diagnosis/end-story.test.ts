import { describe, expect, it } from 'vitest';
import { diagnose } from './diagnosis.ts';
import { ecsTask } from '../task/ecs-task.test-support.ts';
import { endStory } from './end-story.ts';

const taskArn = 'arn:aws:ecs:eu-west-1:111122223333:task/dev/0f9de17a6465404e8b1b2356dc13c2f8';
const containerName = 'prefect';

describe('The line about an ended task', () => {
  it('has code, cause, advice, facts and links', () => {
    const task = ecsTask({
      taskArn,
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container\nin task exited',
      containers: [
        {
          name: 'prefect',
          exitCode: 137,
          reason: 'OutOfMemoryError: killed',
          lastStatus: 'STOPPED',
        },
      ],
    });
    const diagnosis = diagnose(task, { containerName, fate: { kind: 'stopped' } });

    const story = endStory(diagnosis, { taskArn, task, containerName, logsLink: 'https://logs' });

    expect(story).toBe(
      `[ecs.out_of_memory] ${diagnosis.cause} ${diagnosis.advice} (container 'prefect', exit code 137, ` +
        "reason 'OutOfMemoryError: killed', stop code 'EssentialContainerExited', stopped reason " +
        `'Essential container in task exited', task ${taskArn}) Read more: ${diagnosis.documentation} Task: ` +
        'https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/dev/tasks/0f9de17a6465404e8b1b2356dc13c2f8/configuration' +
        '?region=eu-west-1 Logs: https://logs',
    );
  });

  it('omits unknown facts', () => {
    const diagnosis = diagnose(undefined, { containerName, fate: { kind: 'vanished' } });
    const facts = { taskArn: undefined, task: undefined, containerName, logsLink: undefined };

    expect(endStory(diagnosis, facts)).toBe(
      `[ecs.vanished] ${diagnosis.cause} ${diagnosis.advice} (container 'prefect') Read more: ${diagnosis.documentation}`,
    );
  });

  it('omits an empty reason, and a console link where there is no public console', () => {
    const isolated = taskArn.replace('arn:aws:', 'arn:aws-iso:');
    const task = ecsTask({
      taskArn: isolated,
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      stoppedReason: '',
      containers: [{ name: 'prefect', exitCode: 1, reason: undefined, lastStatus: 'STOPPED' }],
    });
    const diagnosis = diagnose(task, { containerName, fate: { kind: 'stopped' } });

    const story = endStory(diagnosis, {
      taskArn: isolated,
      task,
      containerName,
      logsLink: undefined,
    });

    expect(story).toContain(`(container 'prefect', exit code 1, task ${isolated}) Read more:`);
    expect(story).not.toContain('console');
  });
});
