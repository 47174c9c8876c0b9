import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { problemsOf, problemsOfError } from './botocore-model.ts';
import { storyOf, storyWorld, type Step } from './local-aws-story.ts';

const account = '111122223333';

describe('Every answer of the local AWS', () => {
  it('is valid in AWS’s own service models', async () => {
    await using world = storyWorld(1);
    const problems: string[] = [];
    const check = async (step: Step): Promise<unknown> => {
      const answer = await world.perform(account, step);
      const found =
        answer?.status === 200
          ? problemsOf(step.service, step.operation, answer.body)
          : problemsOfError(step.service, answer?.body);
      problems.push(...found.map((problem) => `${step.service}:${step.operation} ${problem}`));
      return answer?.body;
    };

    for (const step of storyOf(account)) {
      const body = await check(step);
      if (step.operation !== 'ListTasks') continue;
      const { taskArns } = z.object({ taskArns: z.array(z.string()) }).parse(body);
      if (taskArns.length === 0) continue;
      await check({
        service: 'ecs',
        operation: 'DescribeTasks',
        input: { cluster: 'dev', tasks: taskArns, include: ['TAGS'] },
      });
    }

    expect(problems).toEqual([]);
  });

  it('is byte-identical for one seed, even beside calls of another account', async () => {
    const callsOf = async (order: 'alone' | 'with another', seed = 7): Promise<string> => {
      await using world = storyWorld(seed);
      world.aws.faults.add({
        operation: 'ecs:*',
        fault: { kind: 'reset-after' },
        probability: 0.2,
      });
      world.aws.faults.add({ event: { kind: 'reordered', ms: 5_000 }, probability: 0.5 });
      const others = order === 'alone' ? [] : storyOf('444455556666');
      for (const [at, step] of storyOf(account).entries()) {
        const other = others[at];
        if (other !== undefined) await world.perform('444455556666', { ...other, afterMs: 0 });
        await world.perform(account, step);
      }
      return world.aws
        .calls()
        .filter((call) => call.account === account)
        .map((call) => JSON.stringify(call))
        .join('\n');
    };

    const first = await callsOf('alone');

    expect(first.length).toBeGreaterThan(10_000);
    expect(await callsOf('alone')).toBe(first);
    expect(await callsOf('with another')).toBe(first);
    expect(await callsOf('alone', 8)).not.toBe(first);
  });
});
