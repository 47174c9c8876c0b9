import { z } from 'zod';
import { AwsError } from '../wire/aws-error.ts';
import { pageOf } from '../ecs/list-definitions.ts';
import type { Operations } from '../operation.ts';
import { parseInput } from '../wire/parse.ts';
import type { Rule, Target } from './event-bus.ts';

const Name = z.string().regex(/^[.\w-]{1,64}$/);
const Bus = { EventBusName: z.literal('default').optional() };
const PutRule = z.looseObject({
  Name,
  EventPattern: z.string(),
  State: z.enum(['ENABLED', 'DISABLED']).optional(),
  Description: z.string().optional(),
  ...Bus,
});
const OnRule = z.looseObject({ Name: z.string(), ...Bus });
const ListRules = z.looseObject({
  NamePrefix: z.string().optional(),
  Limit: z.number().int().min(1).max(100).optional(),
  NextToken: z.string().optional(),
  ...Bus,
});
const PutTargets = z.looseObject({
  Rule: z.string(),
  Targets: z
    .array(z.looseObject({ Id: z.string(), Arn: z.string() }))
    .min(1)
    .max(10),
  ...Bus,
});
const OfRule = z.looseObject({ Rule: z.string(), ...Bus });
const RemoveTargets = z.looseObject({ Rule: z.string(), Ids: z.array(z.string()).min(1), ...Bus });
const PutEvents = z.looseObject({
  Entries: z
    .array(
      z.looseObject({
        Source: z.string(),
        DetailType: z.string(),
        Detail: z.string(),
        Resources: z.array(z.string()).optional(),
      }),
    )
    .min(1)
    .max(10),
});

const mostTargets = 5;
/** Target members that would change the message, which is not supported. */
const transforming = ['Input', 'InputPath', 'InputTransformer'];

const read = <T>(schema: z.ZodType<T>, input: unknown): T =>
  parseInput(schema, input, 'ValidationException');

function answerOf(rule: Rule): Record<string, unknown> {
  return {
    Name: rule.name,
    Arn: rule.arn,
    EventPattern: rule.pattern,
    State: rule.state,
    Description: rule.description,
    EventBusName: 'default',
  };
}

/** Why a target is refused. Undefined: it is not. */
function refusalOf(target: Target): Record<string, unknown> | undefined {
  const refusal = (ErrorMessage: string) => ({
    TargetId: target.Id,
    ErrorCode: 'ValidationException',
    ErrorMessage,
  });
  if (!target.Arn.startsWith('arn:aws:sqs:')) return refusal('the local AWS delivers to SQS only');
  const member = transforming.find((name) => name in target);
  return member === undefined
    ? undefined
    : refusal(`the local AWS delivers whole events and does not support ${member}`);
}

export const eventsOperations: Operations = {
  'events:PutRule': (input, account) => {
    const { Name: name, EventPattern, State = 'ENABLED', Description } = read(PutRule, input);
    return { RuleArn: account.events.put(name, EventPattern, State, Description).arn };
  },
  'events:DescribeRule': (input, account) =>
    answerOf(account.events.require(read(OnRule, input).Name)),
  'events:ListRules': (input, account) => {
    const { NamePrefix = '', Limit, NextToken } = read(ListRules, input);
    const found = account.events.rules.filter(({ name }) => name.startsWith(NamePrefix));
    const { page, nextToken } = pageOf(found, { maxResults: Limit, nextToken: NextToken });
    return {
      Rules: page.map(answerOf),
      ...(nextToken.nextToken !== undefined && { NextToken: nextToken.nextToken }),
    };
  },
  'events:DeleteRule': (input, account) => {
    account.events.delete(read(OnRule, input).Name);
    return {};
  },
  'events:EnableRule': (input, account) => {
    account.events.require(read(OnRule, input).Name).state = 'ENABLED';
    return {};
  },
  'events:DisableRule': (input, account) => {
    account.events.require(read(OnRule, input).Name).state = 'DISABLED';
    return {};
  },
  'events:PutTargets': (input, account) => {
    const parsed = read(PutTargets, input);
    const rule = account.events.require(parsed.Rule);
    const FailedEntries: unknown[] = [];
    for (const target of parsed.Targets) {
      const refusal = refusalOf(target);
      if (refusal !== undefined) FailedEntries.push(refusal);
      else if (rule.targets.size >= mostTargets && !rule.targets.has(target.Id))
        throw new AwsError(
          'LimitExceededException',
          'The requested resource exceeds the maximum number allowed.',
        );
      else rule.targets.set(target.Id, target);
    }
    return { FailedEntryCount: FailedEntries.length, FailedEntries };
  },
  'events:ListTargetsByRule': (input, account) => ({
    Targets: [...account.events.require(read(OfRule, input).Rule).targets.values()],
  }),
  'events:RemoveTargets': (input, account) => {
    const parsed = read(RemoveTargets, input);
    const rule = account.events.require(parsed.Rule);
    for (const id of parsed.Ids) rule.targets.delete(id);
    return { FailedEntryCount: 0, FailedEntries: [] };
  },
  'events:PutEvents': (input, account) => {
    const { random, clock } = account.deps;
    const entries = read(PutEvents, input).Entries.map(
      ({ Source, DetailType, Detail, Resources = [] }) => {
        // AWS refuses sources of its own, so ECS events cannot be forged with PutEvents
        // (aws-ecs.md B.8.2).
        if (Source.startsWith('aws.'))
          return {
            ErrorCode: 'NotAuthorizedForSourceException',
            ErrorMessage: 'Not authorized for the source.',
          };
        const id = random.uuid();
        account.events.publish({
          version: '0',
          id,
          'detail-type': DetailType,
          source: Source,
          account: account.id,
          time: `${clock.now().toISOString().slice(0, 19)}Z`,
          region: account.region,
          resources: Resources,
          detail: parseDetail(Detail),
        });
        return { EventId: id };
      },
    );
    return {
      FailedEntryCount: entries.filter((entry) => 'ErrorCode' in entry).length,
      Entries: entries,
    };
  },
};

function parseDetail(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('ValidationException', 'Detail is malformed.');
  }
}
