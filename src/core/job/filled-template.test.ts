import { describe, expect, it } from 'vitest';
import { fillTemplate, type Filling } from './filled-template.ts';

const filling: Filling = {
  baseJobTemplate: {
    job_configuration: {
      command: '{{ command }}',
      task_definition: { family: '{{ family }}' },
      vpc_id: '{{ vpc }}',
    },
    variables: { properties: { command: { default: 'from the pool' }, family: {}, vpc: {} } },
  },
  deploymentVariables: { family: 'from-the-deployment' },
  flowRunVariables: {},
  environment: {},
};

describe('A filled-in template', () => {
  it('is shared by all runs without variables of their own', () => {
    const filled = fillTemplate(filling);

    expect(filled.resolved.value).toEqual({
      command: 'from the pool',
      task_definition: { family: 'from-the-deployment' },
    });
    expect(fillTemplate({ ...filling, flowRunVariables: {} })).toBe(filled);
  });

  it.each<[string, Partial<Filling>]>([
    ['another template of the pool', { baseJobTemplate: structuredClone(filling.baseJobTemplate) }],
    [
      'another version of the deployment',
      { deploymentVariables: { ...filling.deploymentVariables } },
    ],
    ['another environment', { environment: {} }],
  ])('is not shared with %s', (_what, change) => {
    const filled = fillTemplate(filling);

    expect(fillTemplate({ ...filling, ...change })).not.toBe(filled);
  });

  it('of a run with its own variables belongs to that run only', () => {
    const filled = fillTemplate(filling);
    const own = fillTemplate({ ...filling, flowRunVariables: { command: 'from the run' } });

    expect(own.resolved.value['command']).toBe('from the run');
    expect(fillTemplate(filling)).toBe(filled);
  });

  it('of a run without a deployment belongs to that run only', () => {
    const alone = { ...filling, deploymentVariables: undefined };

    expect(fillTemplate(alone)).not.toBe(fillTemplate(alone));
  });

  it('is parsed once if neither blocks nor variables change it', () => {
    const filled = fillTemplate(filling);
    const { value } = filled.resolved;

    expect(filled.read(value)).toBe(filled.read(value));
    expect(filled.variablesNeededIn(value)).toBe(filled.variablesNeededIn(value));
    expect(filled.read({ ...value, command: 'from a block' }).fields.command).toBe('from a block');
    expect(filled.variablesNeededIn({ command: '{{ prefect.variables.command }}' })).toEqual([
      'command',
    ]);
  });
});
