import { z } from 'zod';
import { parseStartedBy, type LaunchMark } from '../claim/launch-mark.ts';
import { TaskEventDetail } from './task-event.ts';
import type { EcsContainer, EcsTask } from '../task/task.ts';

/**
 * The owner of an event's task, according to the event. Anybody who can send to the queue can claim
 * anything.
 */
export type TaskIdentity =
  /** Launched by one of our workers. */
  | { readonly kind: 'marked'; readonly mark: LaunchMark }
  /** Launched for this run, by any launcher. */
  | { readonly kind: 'named'; readonly flowRunId: string }
  /** The event lacks the necessary fields, so ECS must be asked. */
  | { readonly kind: 'withheld' }
  /** Certainly not a flow run's task: that always has its id in its overrides. */
  | { readonly kind: 'foreign' };

/** An "ECS Task State Change". */
export interface TaskEvent {
  readonly id: string | undefined;
  /** ISO time. Undefined if invalid. */
  readonly occurred: string | undefined;
  readonly detail: TaskEventDetail;
  /** The event as a description of the task. Undefined if it has no task or no status. */
  readonly task: EcsTask | undefined;
  readonly identity: TaskIdentity;
}

/** A message of the queue. An unreadable one is deleted, not retried (worker.md 10.4). */
export type QueueMessage =
  | { readonly kind: 'task'; readonly event: TaskEvent }
  /** An event of another kind, for which there is nothing to do. */
  | { readonly kind: 'other'; readonly detailType: string | undefined }
  | { readonly kind: 'empty' }
  | { readonly kind: 'unreadable' };

/** No value from AWS is longer. */
const longestText = 2_048;
const text = z.string().min(1).max(longestText).optional().catch(undefined);
/** `RUNNING`, or any future status. */
const status = z
  .string()
  .regex(/^[A-Z_]{1,32}$/)
  .optional()
  .catch(undefined);
const wholeNumber = z.number().optional().catch(undefined);
const date = z
  .string()
  .transform((value) => new Date(value))
  .refine((value) => !Number.isNaN(value.getTime()))
  .optional()
  .catch(undefined);

/** The objects in a list. Other items are dropped. */
const objects = z
  .array(z.unknown())
  .catch([])
  .transform((items) => items.flatMap((item) => (isRecord(item) ? [item] : [])));

const Container = z.object({ name: text, exitCode: wholeNumber, reason: text, lastStatus: text });
const Variable = z.object({ name: text, value: text });
const Override = z.object({ environment: z.array(z.unknown()).optional().catch(undefined) });

/** Lenient like `TaskEventDetail`: unreadable fields count as missing. */
const TaskFacts = z.object({
  taskArn: text,
  clusterArn: text,
  taskDefinitionArn: text,
  lastStatus: status,
  desiredStatus: status,
  stopCode: text,
  stoppedReason: text,
  startedBy: text,
  group: text,
  capacityProviderName: text,
  version: wholeNumber,
  createdAt: date,
  startedAt: date,
  containers: objects,
  overrides: z.object({ containerOverrides: objects }).catch({ containerOverrides: [] }),
});

type TaskFacts = z.output<typeof TaskFacts>;

const Envelope = z.object({
  id: z.guid().optional().catch(undefined),
  time: text,
  'detail-type': text,
});

/**
 * Parses the body of a queue message. Never throws: a message that breaks its reader would return
 * until it is lost.
 */
export function parseQueueMessage(body: string | undefined): QueueMessage {
  if (body === undefined || body === '') return { kind: 'empty' };
  const document = unwrapped(jsonIn(body));
  if (!isRecord(document)) return { kind: 'unreadable' };
  const envelope = Envelope.parse(document);
  const detailType = envelope['detail-type'];
  if (detailType !== 'ECS Task State Change') return { kind: 'other', detailType };
  const detail = document['detail'];
  const facts = TaskFacts.parse(isRecord(detail) ? detail : {});
  return {
    kind: 'task',
    event: {
      id: envelope.id,
      occurred: Number.isNaN(Date.parse(envelope.time ?? '')) ? undefined : envelope.time,
      detail: TaskEventDetail.parse(detail),
      task: taskIn(facts),
      identity: identityIn(facts),
    },
  };
}

function taskIn(facts: TaskFacts): EcsTask | undefined {
  const { taskArn, lastStatus } = facts;
  if (taskArn === undefined || lastStatus === undefined) return undefined;
  return {
    taskArn,
    lastStatus,
    clusterArn: facts.clusterArn,
    taskDefinitionArn: facts.taskDefinitionArn,
    desiredStatus: facts.desiredStatus,
    stopCode: facts.stopCode,
    stoppedReason: facts.stoppedReason,
    startedBy: facts.startedBy,
    capacityProviderName: facts.capacityProviderName,
    version: facts.version,
    createdAt: facts.createdAt,
    startedAt: facts.startedAt,
    containers: facts.containers.map(containerIn),
    tags: {}, // an event never carries them
    flowRunIdInOverrides: flowRunIdIn(facts),
  };
}

function containerIn(container: unknown): EcsContainer {
  const { name, exitCode, reason, lastStatus } = Container.parse(container);
  return { name, exitCode, reason, lastStatus };
}

function identityIn(facts: TaskFacts): TaskIdentity {
  const mark = parseStartedBy(facts.startedBy);
  if (mark !== undefined) return { kind: 'marked', mark };
  const flowRunId = flowRunIdIn(facts);
  if (flowRunId !== undefined) return { kind: 'named', flowRunId };
  return isForeign(facts) ? { kind: 'foreign' } : { kind: 'withheld' };
}

function isForeign(facts: TaskFacts): boolean {
  if (facts.group?.startsWith('service:') === true) return true;
  // Every container has an entry, usually an empty one, so an empty entry proves nothing.
  return facts.overrides.containerOverrides.every((override) => {
    const { environment } = Override.parse(override);
    return environment !== undefined && valueIn(environment) === 'none';
  });
}

function flowRunIdIn(facts: TaskFacts): string | undefined {
  for (const override of facts.overrides.containerOverrides) {
    const value = valueIn(Override.parse(override).environment ?? []);
    if (value !== 'none' && value !== 'withheld') return value;
  }
  return undefined;
}

/** A UUID of any version: AWS's ids have none of the standard ones. */
const Id = z.guid();

/** The run in an environment. A name without a valid id as its value counts as withheld. */
function valueIn(environment: readonly unknown[]): string {
  for (const item of environment) {
    const variable = Variable.safeParse(item).data;
    if (variable?.name !== 'PREFECT__FLOW_RUN_ID') continue;
    return Id.safeParse(variable.value).data ?? 'withheld';
  }
  return 'none';
}

/**
 * If the queue is fed by an SNS topic without raw delivery, each event is a text within another
 * message.
 */
function unwrapped(document: unknown): unknown {
  const isWrapped = isRecord(document) && document['Type'] === 'Notification';
  return isWrapped && typeof document['Message'] === 'string'
    ? jsonIn(document['Message'])
    : document;
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
