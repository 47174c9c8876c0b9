import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kernel/json.ts';
import { fingerprintOf } from './canonical-definition.ts';
import { sameDefinition } from './same-definition.ts';

const ours: JsonObject = {
  family: 'job',
  cpu: '1 vCPU',
  memory: '2 GB',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE', 'EC2'],
  executionRoleArn: 'arn:aws:iam::111122223333:role/exec',
  containerDefinitions: [
    {
      name: 'prefect',
      image: 'example/job:1',
      environment: [
        { name: 'A', value: '1' },
        { name: 'B', value: '' },
      ],
      secrets: [
        { name: 'S', valueFrom: 's' },
        { name: 'T', valueFrom: 't' },
      ],
      portMappings: [{ containerPort: 8080 }],
      healthCheck: { command: ['CMD', 'true'] },
      ulimits: [
        { name: 'core', softLimit: 0, hardLimit: 0 },
        { name: 'nofile', softLimit: 1, hardLimit: 2 },
      ],
    },
    { name: 'side', image: 'example/side:1', essential: false },
  ],
};

/**
 * The same definition as ECS answers it: what it fills in, what it adds, in an order of its own.
 */
const theirs: JsonObject = {
  containerDefinitions: [
    {
      name: 'side',
      image: 'example/side:1',
      essential: false,
      cpu: 0,
      environment: [],
      mountPoints: [],
      volumesFrom: [],
    },
    {
      name: 'prefect',
      image: 'example/job:1',
      cpu: 0,
      essential: true,
      environment: [{ name: 'B' }, { name: 'A', value: '1' }],
      secrets: [
        { name: 'T', valueFrom: 't' },
        { name: 'S', valueFrom: 's' },
      ],
      portMappings: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp' }],
      healthCheck: { command: ['CMD', 'true'], interval: 30, timeout: 5, retries: 3 },
      ulimits: [
        { name: 'nofile', softLimit: 1, hardLimit: 2 },
        { name: 'core', softLimit: 0, hardLimit: 0 },
      ],
      mountPoints: [],
      volumesFrom: [],
      systemControls: [],
    },
  ],
  family: 'job',
  cpu: '1024',
  memory: '2048',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['EC2', 'FARGATE'],
  executionRoleArn: 'arn:aws:iam::111122223333:role/exec',
  volumes: [],
  placementConstraints: [],
  taskDefinitionArn: 'arn:aws:ecs:us-east-1:111122223333:task-definition/job:3',
  revision: 3,
  status: 'ACTIVE',
  compatibilities: ['EC2', 'FARGATE'],
  requiresAttributes: [{ name: 'ecs.capability.task-eni' }],
  registeredAt: 1_700_000_000,
  registeredBy: 'arn:aws:iam::111122223333:root',
};

describe('The comparison of task definitions', () => {
  it("recognizes its own definition in ECS's answer", () => {
    expect(sameDefinition(ours, theirs)).toEqual({ same: true, differences: [] });
    expect(fingerprintOf(ours)).toBe(fingerprintOf(theirs));
  });

  it.each([
    [
      '/containerDefinitions/0/image',
      { ...ours, containerDefinitions: [{ name: 'prefect', image: 'example/job:2' }] },
    ],
    ['/cpu', { ...ours, cpu: '512' }],
    ['/networkMode', { ...ours, networkMode: 'host' }],
    ['/executionRoleArn', { ...ours, executionRoleArn: 'other' }],
  ])('finds that %s differs, with both values', (path, changed) => {
    const comparison = sameDefinition(changed, ours);

    expect(comparison.same).toBe(false);
    expect(comparison.differences.map((difference) => difference.path)).toContain(path);
    expect(fingerprintOf(changed)).not.toBe(fingerprintOf(ours));
  });

  it('ignores the order of unordered lists, and does not change its arguments', () => {
    const shuffled = fc.shuffledSubarray(['A', 'B', 'C', 'D'], { minLength: 4 }).map((names) => ({
      ...ours,
      containerDefinitions: [
        { name: 'c', environment: names.map((name) => ({ name, value: name })) },
      ],
    }));
    const sorted = {
      ...ours,
      containerDefinitions: [
        { name: 'c', environment: ['A', 'B', 'C', 'D'].map((name) => ({ name, value: name })) },
      ],
    };

    fc.assert(
      fc.property(shuffled, (definition) => {
        const before = JSON.stringify(definition);
        expect(sameDefinition(definition, sorted).same).toBe(true);
        expect(JSON.stringify(definition)).toBe(before);
      }),
    );
  });

  it('treats 0 and false as values where ECS does', () => {
    const withLimit = (softLimit: number): JsonObject => ({
      containerDefinitions: [{ name: 'c', ulimits: [{ name: 'core', softLimit, hardLimit: 1 }] }],
    });
    const without: JsonObject = {
      containerDefinitions: [{ name: 'c', ulimits: [{ name: 'core', hardLimit: 1 }] }],
    };

    expect(sameDefinition(withLimit(0), without).same).toBe(false);
    expect(
      sameDefinition(
        { containerDefinitions: [{ name: 'c', essential: false }] },
        { containerDefinitions: [{ name: 'c' }] },
      ).same,
    ).toBe(false);
  });
});
