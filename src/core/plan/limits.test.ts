import { Secret } from '../../kernel/secret.ts';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kernel/json.ts';
import type { EcsJob } from '../job/ecs-job.ts';
import type { Origin } from '../job/origin.ts';
import type { Origins } from '../job/origins.ts';
import { originsFrom } from '../job/origins.test-support.ts';
import { aJob } from './a-job.test-support.ts';
import { checkFargateSize } from './fargate-sizes.ts';
import { launchPlanFor } from './launch-plan.ts';
import { isSecretName } from '../job/secret-names.ts';
import { maskedForLog } from './masking.ts';
import { Redaction } from '../../kernel/redaction/redaction.ts';
import { overridesLimit } from './overrides-budget.ts';

const subnets = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    subnetId: `subnet-${at}`,
    availabilityZone: `zone-${at % 3}`,
  }));

const facts = { region: 'eu-west-1', network: { vpcId: 'vpc-1', subnets: subnets(3) } };

function environments(job: EcsJob): {
  readonly definition: readonly string[];
  readonly override: readonly string[];
} {
  const plan = launchPlanFor(job, facts);
  const names = (container: unknown): readonly string[] =>
    [...JSON.stringify(container).matchAll(/"name":"([A-Z_]+)"/g)].map((match) => match[1] ?? '');
  const request = plan.requestWith({ definitionArn: 'f:1', newlyRegistered: false });
  return {
    definition: names(plan.definition.document),
    override: names(request['overrides'] ?? {}),
  };
}

describe('The budget of overrides', () => {
  const large = (letter: string, length: number): string => letter.repeat(length);
  const origins = (entries: Readonly<Record<string, Origin>>): Origins =>
    originsFrom(
      Object.fromEntries(Object.entries(entries).map(([name, origin]) => [`/env/${name}`, origin])),
    );

  it('changes nothing that fits', () => {
    const job = aJob({ env: { SMALL: 'x' }, origins: origins({ SMALL: 'deployment' }) });

    expect(environments(job)).toEqual({ definition: [], override: ['SMALL'] });
  });

  it('moves only as many of the largest shared values to the definition as necessary', () => {
    const job = aJob({
      env: { LARGEST: large('l', 5_000), LARGE: large('m', 4_000), OWN: large('o', 100) },
      origins: origins({ LARGEST: 'deployment', LARGE: 'pool-template', OWN: 'flow-run' }),
    });

    expect(environments(job)).toEqual({ definition: ['LARGEST'], override: ['LARGE', 'OWN'] });
  });

  it.each([
    ['a value of the flow run', 'BIG', 'flow-run'],
    ['a value of a block', 'BIG', 'block'],
    ['a name that is treated as secret', 'API_TOKEN', 'deployment'],
    ['a name of Prefect itself', 'PREFECT__BIG', 'deployment'],
  ] as const)('never moves %s', (_what, name, origin) => {
    const job = aJob({
      env: { [name]: large('x', overridesLimit) },
      origins: origins({ [name]: origin }),
    });

    expect(() => launchPlanFor(job, facts)).toThrow(
      new RegExp(
        `have \\d+ characters, but ECS accepts at most ${overridesLimit}.*${name} \\(${overridesLimit}\\)`,
      ),
    );
  });

  it('moves nothing to a linked definition', () => {
    const job = aJob({
      env: { BIG: large('x', overridesLimit) },
      origins: origins({ BIG: 'deployment' }),
      taskRunRequest: { launchType: 'FARGATE', taskDefinition: 'theirs:1' },
    });
    const linkedDefinition: JsonObject = {
      containerDefinitions: [{ name: 'prefect', image: 'x' }],
    };

    expect(() => launchPlanFor(job, { ...facts, linkedDefinition })).toThrow('at most 8192');
  });
});

describe('The inferred network', () => {
  it('uses at most sixteen subnets, spread over the zones, with a warning', () => {
    const plan = launchPlanFor(aJob(), {
      region: 'eu-west-1',
      network: { vpcId: 'vpc-1', subnets: subnets(20) },
    });
    const request = JSON.stringify(
      plan.requestWith({ definitionArn: 'f:1', newlyRegistered: false }),
    );
    const chosen = [...new Set(request.match(/subnet-\d+/g))];

    expect(chosen).toHaveLength(16);
    expect(plan.warnings.map((warning) => warning.message)).toEqual([
      expect.stringContaining('Found 20 subnets in the default VPC, but ECS accepts at most 16'),
    ]);
  });
});

describe('Fargate sizes', () => {
  it('that exist are accepted in any unit', () => {
    expect(checkFargateSize('1 vCPU', '2 GB').kind).toBe('fine');
    expect(checkFargateSize('32768', '249856').kind).toBe('fine');
    expect(checkFargateSize('a lot', '512').kind).toBe('fine');
  });

  it('that do not exist are refused with the closest ones', () => {
    expect(checkFargateSize('1024', '512')).toEqual({
      kind: 'invalid',
      problem: expect.stringMatching(
        /cpu 1024 and memory 512 \(MiB\)\. The closest are .*cpu 1024 with memory 2048/,
      ),
    });
    expect(
      launchPlanFor(aJob({ taskDefinition: { cpu: 1024, memory: 512 } }), facts).problem,
    ).toContain('The closest are');
  });

  it('beyond the known table are left to AWS', () => {
    expect(checkFargateSize('65536', '500000').kind).toBe('unknown');
    expect(checkFargateSize('32768', '500000').kind).toBe('unknown');
    expect(checkFargateSize('32768', '512').kind).toBe('invalid');
    const plan = launchPlanFor(aJob({ taskDefinition: { cpu: 65_536, memory: 500_000 } }), facts);

    expect(plan.problem).toBeUndefined();
    expect(plan.warnings.map((warning) => warning.message)).toEqual([
      expect.stringContaining('This version does not know the Fargate size'),
    ]);
  });
});

it('A definition of more than 64 KiB is refused before the call', () => {
  const job = aJob({
    taskDefinition: { containerDefinitions: [{ name: 'prefect', image: 'x'.repeat(70_000) }] },
  });

  expect(() => launchPlanFor(job, facts)).toThrow(/bytes, but ECS accepts at most 65536/);
});

describe('Masking for logs', () => {
  it('shows at most six characters of a secret, and at most a quarter', () => {
    const document = {
      containerDefinitions: [{ environment: [{ name: 'DB_PASSWORD', value: 'abcdefghijklmnop' }] }],
      overrides: {
        containerOverrides: [
          {
            environment: [
              { name: 'PREFECT_API_KEY', value: 'pnu_0123456789012345678901234567890' },
              { name: 'API_TOKEN', value: 'abc' },
              { name: 'PLAIN', value: 'shown' },
              { name: 'MY_SECRET' },
            ],
          },
          { environment: { AUTH: 'canary-canary', PLAIN: 'shown', KEY: null } },
        ],
      },
    };

    expect(maskedForLog(document)).toEqual({
      containerDefinitions: [{ environment: [{ name: 'DB_PASSWORD', value: 'abcd***' }] }],
      overrides: {
        containerOverrides: [
          {
            environment: [
              { name: 'PREFECT_API_KEY', value: 'pnu_01***' },
              { name: 'API_TOKEN', value: '***' },
              { name: 'PLAIN', value: 'shown' },
              { name: 'MY_SECRET' },
            ],
          },
          { environment: { AUTH: 'can***', PLAIN: 'shown', KEY: null } },
        ],
      },
    });
  });

  it('masks options of log and volume drivers by their names', () => {
    expect(
      maskedForLog({
        logConfiguration: { options: { 'splunk-token': 'abcdefgh', 'awslogs-group': 'prefect' } },
        volumes: [{ dockerVolumeConfiguration: { driverOpts: { password: 'abcdefgh' } } }],
        tags: [{ key: 'a', value: 'b' }],
      }),
    ).toEqual({
      logConfiguration: { options: { 'splunk-token': 'ab***', 'awslogs-group': 'prefect' } },
      volumes: [{ dockerVolumeConfiguration: { driverOpts: { password: 'ab***' } } }],
      tags: [{ key: 'a', value: 'b' }],
    });
  });

  it("masks the job's secrets anywhere", () => {
    const secrets = new Redaction([{ secret: new Secret('hunter22'), origin: 'block' }]);

    expect(
      maskedForLog(
        { command: ['--dsn', 'db://me:hunter22@db'], labels: { hunter22: true } },
        secrets,
      ),
    ).toEqual({ command: ['--dsn', 'db://***@db'], labels: { '***': true } });
  });

  it('masks secret settings, whatever their names', () => {
    expect(isSecretName('PREFECT_SERVER_DATABASE_CONNECTION_URL')).toBe(true);
    expect(isSecretName('PREFECT_CLIENT_CUSTOM_HEADERS')).toBe(true);
  });

  it('recognizes secrets by their names, ignoring case', () => {
    expect(['my_key', 'Token', 'SECRETS', 'passWORD', 'basic_auth'].every(isSecretName)).toBe(true);
    expect(isSecretName('PATH')).toBe(false);
  });
});
