import { describe, expect, it } from 'vitest';
import { chosenByRun } from './chosen-by-run.ts';
import { parseConfiguration } from './configuration-fields.ts';
import type { Origin } from './origin.ts';
import { originsFrom } from './origins.test-support.ts';

const role = 'arn:aws:iam::111122223333:role/runs';
const configuration = {
  aws_credentials: { aws_access_key_id: 'x' },
  cluster: 'c',
  execution_role_arn: role,
  task_definition: { family: 'f', containerDefinitions: [{ name: 'prefect' }] },
  task_run_request: { overrides: { taskRoleArn: `${role}-task` } },
};

describe('The AWS resources that a run chose', () => {
  const chosen = (origins: Readonly<Record<string, Origin>>) =>
    chosenByRun(parseConfiguration(configuration), originsFrom(origins));

  it('are none if the pool names everything', () => {
    expect(chosen({ '/cluster': 'variable-default', '/aws_credentials': 'pool-template' })).toEqual(
      {
        credentials: false,
        cluster: false,
        definition: false,
        roles: [],
      },
    );
  });

  it('exclude empty values and values that are not texts', () => {
    const fields = parseConfiguration({
      ...configuration,
      cluster: null,
      task_definition: {
        taskRoleArn: {},
        containerDefinitions: [{ name: 'prefect' }],
        executionRoleArn: 1,
      },
    });
    const origins = originsFrom({ '/cluster': 'deployment', '/task_definition': 'flow-run' });

    expect(chosenByRun(fields, origins)).toMatchObject({
      cluster: false,
      definition: false,
      roles: [],
    });
  });

  it('are those that the deployment or the run named', () => {
    expect(
      chosen({
        '/aws_credentials': 'deployment',
        '/cluster': 'flow-run',
        '/task_definition/family': 'deployment',
        '/execution_role_arn': 'deployment',
        '/task_definition/taskRoleArn': 'deployment',
        '/task_run_request/overrides/taskRoleArn': 'flow-run',
      }),
    ).toEqual({
      credentials: true,
      cluster: true,
      definition: true,
      roles: [role, `${role}-task`],
    });
  });
});
