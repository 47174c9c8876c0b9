import { z } from 'zod';
import { clientException } from '../wire/aws-error.ts';
import { RegisterTaskDefinitionInput } from './definition-input.ts';
import {
  listDefinitions,
  listFamilies,
  ListFamiliesInput,
  ListTaskDefinitionsInput,
} from './list-definitions.ts';
import { ListTasksInput } from './list-tasks.ts';
import type { Operations } from '../operation.ts';
import { parseInput } from '../wire/parse.ts';
import { RunTaskInput } from './run-task-input.ts';
import {
  ListTagsInput,
  listTags,
  tagResource,
  TagResourceInput,
  untagResource,
  UntagResourceInput,
} from './tag-operations.ts';
import { DescribeTasksInput, StopTaskInput } from './tasks.ts';

const DefinitionReference = z.looseObject({ taskDefinition: z.string() });
const DescribeDefinitionInput = z.looseObject({
  taskDefinition: z.string(),
  include: z.array(z.string()).optional(),
});
const DeleteDefinitionsInput = z.looseObject({ taskDefinitions: z.array(z.string()) });
const mostDeletedAtOnce = 10;

/** Tasks and task definitions. */
export const ecsOperations: Operations = {
  'ecs:RegisterTaskDefinition': async (input, account) => {
    const parsed = parseInput(RegisterTaskDefinitionInput, input, 'ClientException');
    const definition = await account.taskDefinitions.register(parsed);
    return { taskDefinition: account.taskDefinitions.answer(definition), tags: definition.tags };
  },
  'ecs:DescribeTaskDefinition': (input, account) => {
    const { taskDefinition, include } = parseInput(
      DescribeDefinitionInput,
      input,
      'ClientException',
    );
    const definition = account.taskDefinitions.require(taskDefinition);
    const withTags = include?.includes('TAGS') === true;
    return {
      taskDefinition: account.taskDefinitions.answer(definition),
      ...(withTags && { tags: definition.tags }),
    };
  },
  'ecs:DeregisterTaskDefinition': (input, account) => {
    const { taskDefinition } = parseInput(DefinitionReference, input, 'ClientException');
    return {
      taskDefinition: account.taskDefinitions.answer(
        account.taskDefinitions.deregister(taskDefinition),
      ),
    };
  },
  'ecs:DeleteTaskDefinitions': (input, account) => {
    const { taskDefinitions } = parseInput(DeleteDefinitionsInput, input, 'ClientException');
    if (taskDefinitions.length === 0 || taskDefinitions.length > mostDeletedAtOnce)
      throw clientException(
        `Between 1 and ${mostDeletedAtOnce} task definitions can be deleted at once.`,
      );
    return {
      taskDefinitions: taskDefinitions.map((reference) =>
        account.taskDefinitions.answer(account.taskDefinitions.delete(reference)),
      ),
      failures: [],
    };
  },
  'ecs:ListTaskDefinitions': (input, account) =>
    listDefinitions(
      parseInput(ListTaskDefinitionsInput, input, 'ClientException'),
      account.taskDefinitions.all,
    ),
  'ecs:ListTaskDefinitionFamilies': (input, account) =>
    listFamilies(
      parseInput(ListFamiliesInput, input, 'ClientException'),
      account.taskDefinitions.all,
    ),
  'ecs:RunTask': (input, account) => {
    const parsed = parseInput(RunTaskInput, input);
    account.chargeLaunches(parsed);
    return account.tasks.run(parsed);
  },
  'ecs:DescribeTasks': (input, account, { staleMs }) =>
    account.tasks.describe(parseInput(DescribeTasksInput, input), staleMs),
  'ecs:ListTasks': (input, account, { staleMs }) =>
    account.tasks.list(parseInput(ListTasksInput, input), staleMs),
  'ecs:StopTask': (input, account) => account.tasks.stop(parseInput(StopTaskInput, input)),
  'ecs:TagResource': (input, account) => tagResource(parseInput(TagResourceInput, input), account),
  'ecs:UntagResource': (input, account) =>
    untagResource(parseInput(UntagResourceInput, input), account),
  'ecs:ListTagsForResource': (input, account) =>
    listTags(parseInput(ListTagsInput, input), account),
};
