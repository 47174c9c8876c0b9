import { z } from 'zod';
import { AwsError } from '../wire/aws-error.ts';

export interface QueueAttributes {
  readonly visibilityMs: number;
  readonly delayMs: number;
  readonly waitMs: number;
  readonly retentionMs: number;
  readonly redrive: { readonly targetArn: string; readonly mostReceives: number } | undefined;
  /** As given by the client, for GetQueueAttributes. */
  readonly given: Readonly<Record<string, string>>;
}

/** Attributes in seconds: default and bounds. */
const seconds = {
  VisibilityTimeout: { usual: 30, least: 0, most: 43_200 },
  DelaySeconds: { usual: 0, least: 0, most: 900 },
  ReceiveMessageWaitTimeSeconds: { usual: 0, least: 0, most: 20 },
  MessageRetentionPeriod: { usual: 345_600, least: 60, most: 1_209_600 },
} as const;

const Redrive = z.looseObject({
  deadLetterTargetArn: z.string(),
  maxReceiveCount: z.coerce.number().int(),
});
const otherNames = ['Policy', 'RedrivePolicy', 'MaximumMessageSize', 'SqsManagedSseEnabled'];

export function readQueueAttributes(given: Readonly<Record<string, string>>): QueueAttributes {
  for (const name of Object.keys(given)) {
    if (!(name in seconds) && !otherNames.includes(name))
      throw new AwsError('com.amazonaws.sqs#InvalidAttributeName', `Unknown Attribute ${name}.`);
  }
  const ms = (name: keyof typeof seconds): number => {
    const { usual, least, most } = seconds[name];
    const value = Number(given[name] ?? usual);
    if (!Number.isInteger(value) || value < least || value > most) throw invalidValue(name);
    return value * 1000;
  };
  return {
    visibilityMs: ms('VisibilityTimeout'),
    delayMs: ms('DelaySeconds'),
    waitMs: ms('ReceiveMessageWaitTimeSeconds'),
    retentionMs: ms('MessageRetentionPeriod'),
    redrive: readRedrive(given['RedrivePolicy']),
    given: {
      ...Object.fromEntries(
        Object.entries(seconds).map(([name, { usual }]) => [name, String(usual)]),
      ),
      MaximumMessageSize: '1048576',
      ...given,
    },
  };
}

function readRedrive(text: string | undefined): QueueAttributes['redrive'] {
  if (text === undefined || text === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidValue('RedrivePolicy');
  }
  const parsed = Redrive.safeParse(value);
  if (!parsed.success || parsed.data.maxReceiveCount < 1 || parsed.data.maxReceiveCount > 1000)
    throw invalidValue('RedrivePolicy');
  return { targetArn: parsed.data.deadLetterTargetArn, mostReceives: parsed.data.maxReceiveCount };
}

function invalidValue(name: string): AwsError {
  return new AwsError(
    'com.amazonaws.sqs#InvalidAttributeValue',
    `Invalid value for the parameter ${name}.`,
  );
}
