import { ECSClient } from '@aws-sdk/client-ecs';
import type { Calls } from '../../src/aws/calls.ts';
import { awsSession } from '../../src/aws/session.ts';
import type { JsonObject } from '../../src/kernel/json.ts';
import { ManualClock } from '../../src/kernel/manual-clock.ts';
import { RemoteClock } from '../../src/kernel/remote-clock.ts';
import { inProcessRequestHandler } from '../../src/local/in-process.ts';
import { Answer } from '../../src/local/message.ts';

/** Request bodies as the worker's own AWS client writes them. */
export interface Wire {
  registerTaskDefinition(document: JsonObject): Promise<string>;
  runTask(request: JsonObject): Promise<string>;
}

const taskDefinitionArn = 'arn:aws:ecs:us-east-1:123456789012:task-definition/f:1';
const never = new AbortController().signal;

/** Makes a session of the worker that captures bytes and sends nothing. */
export function aWire(): Wire {
  const bodies: string[] = [];
  const ecs = new ECSClient({
    region: 'us-east-1',
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'x' },
    maxAttempts: 1,
    requestHandler: inProcessRequestHandler(async (request) => {
      bodies.push(await request.text());
      return Answer.json(200, { taskDefinition: { taskDefinitionArn }, tasks: [], failures: [] });
    }),
  });
  const session = awsSession({
    ecs,
    // Each call once and without delay, since rate limits and retries change no body.
    calls: {
      once: (_name: string, _rate: string, signal: AbortSignal, send: Send) => send(signal),
      launched: (_name: string, _kind: string, signal: AbortSignal, send: Send) => send(signal),
    } as unknown as Calls,
    network: unused,
    logs: unused,
    identity: { account: unused, learnFrom: () => undefined },
    region: 'us-east-1',
    key: 'key',
    server: new RemoteClock(new ManualClock()),
  });
  const sent = (): string => {
    const body = bodies.pop();
    if (body === undefined) throw new Error('nothing was sent');
    return body;
  };
  return {
    registerTaskDefinition: async (document) => {
      await session.registerTaskDefinition(document, never);
      return sent();
    },
    runTask: async (request) => {
      await session.runTask(request, never);
      return sent();
    },
  };
}

type Send = (signal: AbortSignal) => Promise<unknown>;

const unused = (): never => {
  throw new Error('not asked for');
};
