import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { DescribeTasksCommand, type ECSClient, type Task } from '@aws-sdk/client-ecs';
import { bytesOf } from '../kernel/bytes.ts';
import { objectsIn, withoutMember } from '../kernel/json-elements.ts';
import { answerAtMost } from './answer-bytes.ts';
import { failuresOf, taskOf } from './task.ts';

/**
 * Describes tasks and parses only those that are not in `known`; overrides are never parsed. Most
 * tasks have not changed since the last round, and each carries all its variables: parsing them was
 * most of the cost of following a task. `known` maps the fingerprint of what was last read to the
 * ARN.
 */
export async function describeChangedTasks(
  ecs: ECSClient,
  input: { readonly cluster: string; readonly tasks: string[] },
  known: ReadonlyMap<string, string>,
  abortSignal: AbortSignal,
) {
  let parts: ReturnType<typeof partsOf> | undefined;
  const command = new DescribeTasksCommand(input);
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { response } = result;
      if (!isReadable(response)) return result;
      const body =
        response.body instanceof Readable
          ? await bytesOf(response.body, answerAtMost)
          : response.body;
      parts = partsOf(body, known);
      response.body = parts.changed;
      return result;
    },
    // low priority: this runs before anything else reads the body
    { name: 'leaveOutUnchangedTasks', step: 'deserialize', priority: 'low' },
  );
  const answer = await ecs.send(command, { abortSignal });
  const changed = toldTasks(answer.tasks).flatMap((told, at) => {
    const task = taskOf(told);
    return task === undefined ? [] : [{ task, fingerprint: parts?.fingerprints[at] }];
  });
  return { changed, unchanged: parts?.unchanged ?? [], failures: failuresOf(answer.failures) };
}

/** Keeps the positions: what is not a task here is not a task there either. */
function toldTasks(tasks: readonly Task[] | undefined): readonly Task[] {
  return Array.isArray(tasks) ? tasks : [];
}

/**
 * A successful answer as Node's handler and test handlers return it. The SDK reads errors itself.
 */
function isReadable(response: unknown): response is { body: Readable | Uint8Array } {
  return (
    typeof response === 'object' &&
    response !== null &&
    'statusCode' in response &&
    response.statusCode === 200 &&
    'body' in response &&
    (response.body instanceof Readable || response.body instanceof Uint8Array)
  );
}

function partsOf(body: Uint8Array, known: ReadonlyMap<string, string>) {
  const tasks = objectsIn(body, 'tasks');
  const [first, last] = [tasks?.[0], tasks?.at(-1)];
  if (tasks === undefined || first === undefined || last === undefined)
    return { fingerprints: [], unchanged: [], changed: body };
  const fingerprints: string[] = [];
  const unchanged: string[] = [];
  const changed: Uint8Array[] = [];
  for (const { from, to } of tasks) {
    const text = body.subarray(from, to);
    const fingerprint = hash('sha256', text, 'base64');
    const taskArn = known.get(fingerprint);
    if (taskArn === undefined) {
      if (changed.length > 0) changed.push(comma);
      changed.push(...withoutMember(text, 'overrides'));
      fingerprints.push(fingerprint);
    } else unchanged.push(taskArn);
  }
  const [before, after] = [body.subarray(0, first.from), body.subarray(last.to)];
  return { fingerprints, unchanged, changed: Buffer.concat([before, ...changed, after]) };
}

const comma = Buffer.from(',');
