import { describe, expect, it } from 'vitest';
import { WrittenNumber, type JsonObject } from '../../kernel/json.ts';
import type { EcsJob } from '../job/ecs-job.ts';
import { aJob } from './a-job.test-support.ts';
import { launchPlanFor, linkedWarnings, networkQuestionFor } from './launch-plan.ts';
import { maskedForLog, maskSensitiveEnvValues } from './masking.ts';
import { sameDefinition } from './same-definition.ts';

const network = { vpcId: 'vpc-1', subnets: [{ subnetId: 's-1', availabilityZone: undefined }] };

function sentFor(changes: Partial<EcsJob>): {
  readonly definition: JsonObject;
  readonly request: JsonObject;
} {
  const plan = launchPlanFor(aJob(changes), { region: 'eu-west-1', network });
  return {
    definition: plan.definition.document,
    request: plan.requestWith({ definitionArn: 'f:1', newlyRegistered: false }),
  };
}

/**
 * Templates are written by hand. What is no shape that we know is AWS's to refuse, in its own
 * words: it is sent as it is.
 */
describe('A malformed value passes through to AWS', () => {
  it('in a container: an environment that is not a list, items that are not objects', () => {
    const odd = { name: 'prefect', image: 'i', environment: { A: 'b' } };
    const items = { name: 'prefect', image: 'i', environment: ['A=b', { name: 'C', value: 'd' }] };

    expect(sentFor({ taskDefinition: { containerDefinitions: [odd] } }).definition).toMatchObject({
      containerDefinitions: [odd],
    });
    expect(
      sentFor({ taskDefinition: { containerDefinitions: [items] }, unsetEnv: ['C'] }).definition,
    ).toMatchObject({ containerDefinitions: [{ environment: ['A=b'] }] });
  });

  it('in container sizes: a value that is not a size', () => {
    const { definition } = sentFor({
      taskRunRequest: { launchType: 'EC2' },
      taskDefinition: {
        containerDefinitions: [{ name: 'prefect', cpu: 'lots', memory: 'plenty' }],
      },
    });

    expect(definition['containerDefinitions']).toEqual([
      expect.objectContaining({ cpu: 'lots', memory: 'plenty' }),
    ]);
  });

  it('in unknown fields: a number is sent as a number, however it was written', () => {
    const container = { name: 'prefect', image: 'i', newer: new WrittenNumber('2.0', 2) };

    const { definition, request } = sentFor({
      taskDefinition: { containerDefinitions: [container] },
      taskRunRequest: { launchType: 'FARGATE', newer: [new WrittenNumber('3.0', 3)] },
    });

    expect(definition['containerDefinitions']).toEqual([expect.objectContaining({ newer: 2 })]);
    expect(request['newer']).toEqual([3]);
  });

  it('in secrets: an item without a name', () => {
    const secrets = [{ valueFrom: 'arn:a' }];

    const { definition } = sentFor({
      taskDefinition: { containerDefinitions: [{ name: 'prefect', secrets }] },
      prefectApiKeySecretArn: 'arn:key',
    });

    expect(definition['containerDefinitions']).toEqual([
      expect.objectContaining({
        secrets: [{ valueFrom: 'arn:a' }, { name: 'PREFECT_API_KEY', valueFrom: 'arn:key' }],
      }),
    ]);
  });

  it('in tags: null as a value, items without key or value', () => {
    const asObject = sentFor({
      taskRunRequest: { launchType: 'FARGATE', tags: { a: null, b: 1 } },
    });
    const asList = sentFor({
      taskRunRequest: { launchType: 'FARGATE', tags: [{ key: 'a' }, { value: 'b' }] },
    });

    expect(asObject.request['tags']).toEqual([
      { key: 'a', value: '' },
      { key: 'b', value: '1' },
    ]);
    expect(asList.request['tags']).toEqual([{ key: 'a', value: '' }]);
  });

  it('in variables of an override: an item with other members', () => {
    const containerOverrides = [
      { name: 'prefect', environment: [{ Name: 'A', Value: 'b' }, { name: 'C' }] },
    ];

    const { request } = sentFor({
      taskRunRequest: { launchType: 'FARGATE', overrides: { containerOverrides } },
    });

    expect(request['overrides']).toMatchObject({
      containerOverrides: [{ environment: [{ Name: 'A', Value: 'b' }] }],
    });
  });

  it('in variables of a sidecar: null is not a value, but an empty text is', () => {
    const environment = [
      { name: 'A', value: null },
      { name: 'B', value: '' },
    ];

    const { definition } = sentFor({
      taskDefinition: {
        containerDefinitions: [{ name: 'prefect' }, { name: 'side', image: 's', environment }],
      },
    });

    expect(definition).toMatchObject({
      containerDefinitions: [
        { name: 'prefect' },
        { environment: [{ name: 'A' }, { name: 'B', value: '' }] },
      ],
    });
    expect(JSON.stringify(definition)).not.toContain('null');
  });

  it('in variables of an override: an item without a name', () => {
    const containerOverrides = [{ name: 'prefect', environment: [{ value: 'b' }] }];

    const { request } = sentFor({
      taskRunRequest: { launchType: 'FARGATE', overrides: { containerOverrides } },
    });

    expect(request['overrides']).toMatchObject({
      containerOverrides: [{ environment: [{ value: 'b' }] }],
    });
  });
});

describe('The Prefect container', () => {
  it('that is named but missing is an error', () => {
    expect(() => sentFor({ containerName: 'nope' })).toThrow(
      "Container 'nope' not found in task definition.",
    );
  });

  it('gets the secrets alone, which replace its variables', () => {
    const environment = [{ name: 'PREFECT_API_KEY', value: 'inline' }];

    const { definition } = sentFor({
      prefectApiKeySecretArn: 'arn:key',
      taskDefinition: {
        containerDefinitions: [
          { name: 'sidecar', environment },
          { name: 'prefect', environment },
        ],
      },
    });

    expect(definition['containerDefinitions']).toEqual([
      expect.objectContaining({ name: 'sidecar', environment }),
      expect.objectContaining({
        name: 'prefect',
        environment: [],
        secrets: [{ name: 'PREFECT_API_KEY', valueFrom: 'arn:key' }],
      }),
    ]);
  });

  it("gets the job's role only if the definition has none; a size of zero counts as none", () => {
    const roles = [{}, { executionRoleArn: 'arn:own' }].map(
      (more) =>
        sentFor({
          executionRoleArn: 'arn:job',
          taskDefinition: { containerDefinitions: [{ name: 'prefect' }], cpu: 0, ...more },
        }).definition,
    );

    expect(roles).toEqual([
      expect.objectContaining({ executionRoleArn: 'arn:job', cpu: '1024' }),
      expect.objectContaining({ executionRoleArn: 'arn:own', cpu: '1024' }),
    ]);
    expect(sentFor({}).definition).not.toHaveProperty('executionRoleArn');
  });
});

describe('The request for a linked definition', () => {
  it('is refused for any other definition', () => {
    const linked = {
      containerDefinitions: [{ name: 'prefect' }],
      networkMode: 'bridge',
      requiresCompatibilities: ['EC2'],
    };
    const plan = launchPlanFor(
      aJob({ taskRunRequest: { taskDefinition: 'f:7', launchType: 'EC2' } }),
      {
        region: 'eu-west-1',
        linkedDefinition: linked,
      },
    );

    expect(() => plan.requestWith({ definitionArn: 'f:8', newlyRegistered: false })).toThrow(
      "Task definition ARN mismatch: 'f:7' != 'f:8'",
    );
    expect(
      plan.requestWith({ definitionArn: 'f:7', newlyRegistered: false })['taskDefinition'],
    ).toBe('f:7');
  });

  it('warns of exactly what the definition overrides', () => {
    const named = aJob({ taskDefinition: {}, prefectApiKeySecretArn: 'arn:k' });
    const container = {
      name: 'prefect',
      secrets: [{ name: 'PREFECT_API_KEY', valueFrom: 'arn:k' }],
    };

    expect(linkedWarnings(named, { containerDefinitions: [container] })).toEqual([]);
    expect(linkedWarnings(named, { containerDefinitions: [{ name: 'prefect' }] })).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('configured for PREFECT_API_KEY'),
      }),
    ]);
    expect(linkedWarnings(aJob(), { containerDefinitions: [container] })).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('Skipping task definition construction'),
      }),
    ]);
  });
});

describe('A network', () => {
  it('that was not looked up counts as missing', () => {
    expect(() => launchPlanFor(aJob(), { region: 'eu-west-1' })).toThrow(
      'Failed to find the default VPC.',
    );
  });

  it('is not looked up if the request has its own', () => {
    const own = {
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['s'] } },
    };

    expect(
      networkQuestionFor(aJob({ taskRunRequest: own }), undefined, 'us-east-1'),
    ).toBeUndefined();
    expect(
      networkQuestionFor(
        aJob({ networkConfiguration: { subnets: ['s'] } }),
        undefined,
        'us-east-1',
      ),
    ).toBeUndefined();
    expect(
      networkQuestionFor(
        aJob({ networkConfiguration: { subnets: ['s'] }, vpcId: 'v' }),
        undefined,
        'us-east-1',
      ),
    ).toEqual({
      kind: 'custom',
      vpcId: 'v',
    });
  });

  it('in the shape of RunTask is used as it is, and its subnets are still checked', () => {
    const custom = (subnets: unknown) =>
      sentFor({
        vpcId: 'vpc-1',
        networkConfiguration: {
          awsvpcConfiguration: subnets === undefined ? {} : { subnets: ['s-2'] },
        },
      });

    expect(() => custom(['s-2'])).toThrow("Subnets ['s-2'] not found within VPC with ID vpc-1.");
    expect(
      sentFor({ vpcId: 'vpc-1', networkConfiguration: { assignPublicIp: 'ENABLED' } }).request[
        'networkConfiguration'
      ],
    ).toEqual({ awsvpcConfiguration: { assignPublicIp: 'ENABLED' } });
  });

  it.each([
    [undefined, 'Failed to find subnets for the default VPC.'],
    ['vpc-1', 'Failed to find subnets for VPC with ID vpc-1.'],
  ])('without subnets is refused (vpc_id %s)', (vpcId, message) => {
    const facts = { region: 'eu-west-1', network: { vpcId: 'vpc-1', subnets: [] } };

    expect(() => launchPlanFor(aJob({ vpcId }), facts)).toThrow(message);
  });

  it('has one subnet of each zone in turn if there are more than 16; unknown zones count as one', () => {
    const subnets = Array.from({ length: 20 }, (_, at) => ({
      subnetId: `s-${at}`,
      availabilityZone: at < 18 ? undefined : 'b',
    }));

    const plan = launchPlanFor(aJob(), {
      region: 'eu-west-1',
      network: { vpcId: 'vpc-1', subnets },
    });
    const sent = JSON.stringify(plan.requestWith({ definitionArn: 'f:1', newlyRegistered: false }));

    expect(sent).toContain('s-18');
    expect(sent).toContain('s-19');
    expect(sent.match(/"s-\d+"/g)).toHaveLength(16);
  });
});

describe('Masking', () => {
  it('handles environments of either form, and skips values that are not texts', () => {
    const long = 'a-very-long-secret-value';
    const masked = maskedForLog({
      environment: [
        { name: 'API_KEY', value: long },
        'API_KEY=x',
        { name: 'API_KEY', value: 5 },
        { name: 'A', value: long },
      ],
      inner: { environment: { DB_PASSWORD: long, SECRET_COUNT: 1, PLAIN: long } },
      other: { environment: 'API_KEY' },
    });

    expect(JSON.stringify(masked).split(long)).toHaveLength(3);
    expect(masked).toMatchObject({
      environment: [
        { name: 'API_KEY' },
        'API_KEY=x',
        { name: 'API_KEY', value: 5 },
        { value: long },
      ],
      inner: { environment: { SECRET_COUNT: 1, PLAIN: long } },
      other: { environment: 'API_KEY' },
    });
  });

  it('leaves requests without overrides, containers without environment and odd items unchanged', () => {
    const names = ['KEY'];
    const odd = {
      overrides: {
        containerOverrides: [
          { name: 'a' },
          { environment: [{ name: 'KEY', value: 'abcdef' }, { name: 'KEY' }] },
        ],
      },
    };

    expect(maskSensitiveEnvValues({}, names)).toEqual({});
    expect(maskSensitiveEnvValues(odd, names)).toEqual({
      overrides: {
        containerOverrides: [
          { name: 'a' },
          { environment: [{ name: 'KEY', value: 'abc***' }, { name: 'KEY' }] },
        ],
      },
    });
  });
});

describe('The comparison of definitions', () => {
  it('treats values of unknown shapes as different', () => {
    const odd = (environment: JsonObject['x']) => ({
      family: 'f',
      containerDefinitions: [{ name: 'a', environment }],
    });

    expect(sameDefinition(odd(['A=b']), odd(['A=b'])).same).toBe(true);
    expect(sameDefinition(odd(['A=b']), odd(['A=c'])).same).toBe(false);
    expect(
      sameDefinition(odd([]), {
        family: 'f',
        containerDefinitions: [{ name: 'a', mountPoints: ['/y', '/x'] }],
      }).same,
    ).toBe(false);
    expect(sameDefinition(odd([{ value: 'x' }]), odd([{ value: 'y' }])).same).toBe(false);
  });

  it('treats zero as absent only for container sizes and host ports', () => {
    const having = (more: JsonObject) => ({
      family: 'f',
      containerDefinitions: [{ name: 'a', ...more }],
    });

    expect(sameDefinition(having({ cpu: 0, memory: 0 }), having({})).same).toBe(true);
    expect(
      sameDefinition(having({ portMappings: [{ hostPort: 0 }] }), having({ portMappings: [{}] }))
        .same,
    ).toBe(true);
    expect(sameDefinition(having({ stopTimeout: 0 }), having({})).same).toBe(false);
  });

  it('fills in a host port only if there is a container port', () => {
    const ports = (portMappings: JsonObject['x']) => ({
      family: 'f',
      networkMode: 'awsvpc',
      containerDefinitions: [{ name: 'a', portMappings }],
    });

    expect(sameDefinition(ports([{}]), ports([{ protocol: 'tcp' }])).same).toBe(true);
    expect(sameDefinition(ports(['80']), ports([{ containerPort: 80 }])).same).toBe(false);
  });
});
