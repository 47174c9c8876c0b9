import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../src/kernel/json.ts';
import type { Rendered } from '../../src/render/rendering.ts';
import { containersOf, renderedOf, type Written } from './written-bundles.ts';

const ofFlow: JsonObject = { image: '{{ image }}', name: '{{ container_name }}' };
const agent: JsonObject = { name: 'cwagent', image: 'cw:1', essential: true };
const defaultImage = 'prefecthq/prefect:3-latest';

function withContainers(
  containers: readonly Json[],
  more: Omit<Written, 'configuration'> = {},
): Written {
  return {
    ...more,
    configuration: {
      task_definition: {
        containerDefinitions: containers,
        cpu: '{{ cpu }}',
        memory: '{{ memory }}',
      },
    },
  };
}

/** Names of the containers that receive the flow's variables. */
function overriddenIn({ run_task: request }: Rendered): readonly Json[] {
  const overrides = request?.['overrides'];
  const containers = isJsonObject(overrides) ? overrides['containerOverrides'] : undefined;
  return (Array.isArray(containers) ? containers : []).map((one: Json) =>
    isJsonObject(one) ? (one['name'] ?? null) : one,
  );
}

describe('The flow’s container beside a sidecar', () => {
  it.each([
    ['before it', [ofFlow, agent], { name: 'prefect', image: defaultImage }],
    ['after it', [agent, ofFlow], { name: 'prefect', image: defaultImage }],
    [
      'without a name in the template',
      [agent, { image: '{{ image }}' }],
      { name: 'prefect', image: defaultImage },
    ],
    [
      'with a command alone',
      [agent, { command: '{{ command }}' }],
      { name: 'prefect', image: defaultImage },
    ],
    [
      'with a name of its own',
      [agent, { name: 'flow', image: 'mine:{{ image }}' }],
      { name: 'flow', image: 'mine:' },
    ],
  ])('gets a default name and image: %s', async (_what, containers, expected) => {
    const rendered = await renderedOf(withContainers(containers));

    expect(rendered.error).toBeNull();
    expect(containersOf(rendered)).toContainEqual(agent);
    expect(containersOf(rendered)).toContainEqual(expected);
    expect(containersOf(rendered)).toHaveLength(2);
    expect(overriddenIn(rendered)).toEqual([expected.name]);
  });

  it.each<[string, Written]>([
    ['in the deployment', { deployment: { image: 'mine:1' } }],
    ['in the run', { run: { image: 'mine:1' } }],
    ['as the default of the pool', { defaults: { image: 'mine:1' } }],
  ])('gets the image set %s', async (_where, more) => {
    const rendered = await renderedOf(withContainers([agent, ofFlow], more));

    expect(containersOf(rendered)).toEqual([agent, { name: 'prefect', image: 'mine:1' }]);
    expect(overriddenIn(rendered)).toEqual(['prefect']);
  });

  it('is found after unfilled items of the template', async () => {
    const rendered = await renderedOf(
      withContainers(['{{ not_set }}', agent, '{{ nor_this }}', ofFlow]),
    );

    expect(containersOf(rendered)).toEqual([agent, { name: 'prefect', image: defaultImage }]);
  });

  it('is the one with the configured name, whatever the variables refer to', async () => {
    const other = { name: 'flow', image: 'flow:1' };
    const rendered = await renderedOf(
      withContainers([{ image: '{{ image }}' }, agent, other], {
        deployment: { container_name: 'flow' },
      }),
    );

    expect(containersOf(rendered)).toEqual([agent, other]);
    expect(overriddenIn(rendered)).toEqual(['flow']);
  });

  it("is the one named 'prefect', whatever the variables refer to", async () => {
    const other = { name: 'prefect', image: 'flow:1' };
    const rendered = await renderedOf(withContainers([{ image: '{{ image }}' }, agent, other]));

    expect(containersOf(rendered)).toEqual([agent, other]);
    expect(overriddenIn(rendered)).toEqual(['prefect']);
  });

  it('is the first if the variables refer to several or none', async () => {
    const both = [
      { name: 'main', image: '{{ image }}' },
      { name: 'init', image: '{{ image }}' },
    ];

    for (const containers of [both, [{ name: 'main', image: 'm:1' }, agent]])
      expect(overriddenIn(await renderedOf(withContainers(containers)))).toEqual(['main']);
  });

  it('is refused if nothing identifies it', async () => {
    const { error, run_task: request } = await renderedOf(
      withContainers([agent, { image: 'mine:1' }]),
    );

    expect(request).toBeNull();
    expect(error).toEqual({
      name: 'ValidationError',
      message:
        'The task definition has 2 containers, and it is unclear which of them runs the flow: the first is ' +
        "'cwagent', and another has no name. Name the flow's container 'prefect', or name it and set the job " +
        'variable `container_name`.',
    });
  });

  it('is that of a linked definition, whatever the template has', async () => {
    const arn = 'arn:aws:ecs:us-east-1:123456789012:task-definition/linked:1';
    const rendered = await renderedOf(
      withContainers([agent, ofFlow], {
        deployment: { task_definition_arn: arn },
        taskDefinitions: [
          {
            taskDefinitionArn: arn,
            family: 'linked',
            revision: 1,
            networkMode: 'awsvpc',
            requiresCompatibilities: ['FARGATE'],
            containerDefinitions: [{ name: 'main', image: 'm:1' }],
          },
        ],
      }),
    );

    expect(rendered.error).toBeNull();
    expect(overriddenIn(rendered)).toEqual(['main']);
  });

  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter((text) => text !== 'prefect');
  const sidecar = fc.record({ name, image: fc.constantFrom('cw:1', 'dd:2', 'envoy:3') });

  it('is found among any sidecars, at any place', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(sidecar, { minLength: 1, maxLength: 4, selector: (one) => one.name }),
        fc.nat(),
        fc.record({
          image: fc.option(fc.constant('mine:1')),
          named: fc.option(fc.constant('flow-of-ours')),
        }),
        async (sidecars, place, { image, named }) => {
          const at = place % (sidecars.length + 1);
          const containers = [...sidecars.slice(0, at), ofFlow, ...sidecars.slice(at)];
          const rendered = await renderedOf(
            withContainers(containers, { deployment: { image, container_name: named } }),
          );

          const flow = { name: named ?? 'prefect', image: image ?? defaultImage };
          expect(containersOf(rendered)).toEqual([
            ...sidecars.slice(0, at),
            flow,
            ...sidecars.slice(at),
          ]);
          expect(overriddenIn(rendered)).toEqual([flow.name]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
