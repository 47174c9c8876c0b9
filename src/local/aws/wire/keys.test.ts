import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { ECSClient, ListClustersCommand, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../kernel/clock.ts';
import { awsWorld, jsonRequest } from '../aws-world.test-support.ts';
import { inProcessRequestHandler, type SdkRequest } from '../../in-process.ts';
import type { LocalRequest } from '../../message.ts';
import { judgeSignature } from './signature.ts';

const key = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'the secret' };

function closedWorld() {
  const world = awsWorld({ keys: [key] });
  /** An AWS SDK client, which signs. `change` alters its request in transit. */
  const clientOf =
    (credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } = key) =>
    (change: (request: SdkRequest) => SdkRequest = (request) => request) => {
      const { handle, destroy } = inProcessRequestHandler((request) => world.aws.handle(request));
      return {
        region: 'us-east-1',
        endpoint: 'http://127.0.0.1:4566',
        credentials,
        maxAttempts: 1,
        // Sets the signer's clock; the SDK accepts no other way.
        systemClockOffset: world.clock.now().getTime() - systemClock.now().getTime(),
        requestHandler: {
          handle: (request: SdkRequest, options?: { readonly abortSignal?: unknown }) =>
            handle(change(request), options),
          destroy,
        },
      };
    };
  return { ...world, clientOf };
}

describe('A server with keys of its own', () => {
  it('accepts what AWS’s clients sign with them, in each protocol', async () => {
    await using world = closedWorld();
    const options = world.clientOf()();

    const { clusterArns } = await new ECSClient(options).send(new ListClustersCommand({}));
    const { Vpcs } = await new EC2Client(options).send(new DescribeVpcsCommand({}));
    const { Arn } = await new STSClient(options).send(new GetCallerIdentityCommand({}));
    await new SQSClient(options).send(new ListQueuesCommand({}));

    expect(clusterArns).toHaveLength(1);
    expect(Vpcs).toHaveLength(1);
    expect(Arn).toBe('arn:aws:iam::111122223333:root');
  });

  it('accepts the keys of a role that was assumed with them, and no guesses', async () => {
    await using world = closedWorld();
    const sts = new STSClient(world.clientOf()());
    const { Credentials: given } = await sts.send(
      new AssumeRoleCommand({
        RoleArn: 'arn:aws:iam::444455556666:role/runner',
        RoleSessionName: 'worker',
      }),
    );
    const keys = {
      accessKeyId: given?.AccessKeyId ?? '',
      secretAccessKey: given?.SecretAccessKey ?? '',
      sessionToken: given?.SessionToken ?? '',
    };

    const { Account } = await new STSClient(world.clientOf(keys)()).send(
      new GetCallerIdentityCommand({}),
    );
    const guess = new ECSClient(world.clientOf({ ...keys, secretAccessKey: 'x' })());

    expect(Account).toBe('444455556666');
    await expect(guess.send(new ListClustersCommand({}))).rejects.toThrow('does not match');
  });

  it.each([
    [
      'another secret',
      { ...key, secretAccessKey: 'x' },
      'InvalidSignatureException',
      'SignatureDoesNotMatch',
    ],
    [
      'the number of an account',
      { accessKeyId: '111122223333', secretAccessKey: 'x' },
      'UnrecognizedClientException',
      'InvalidClientTokenId',
    ],
    [
      'an unknown key',
      { accessKeyId: 'AKIAOTHER', secretAccessKey: key.secretAccessKey },
      'UnrecognizedClientException',
      'InvalidClientTokenId',
    ],
    [
      'an invented temporary key',
      { accessKeyId: 'ASIAOTHER', secretAccessKey: 'x', sessionToken: 'y' },
      'UnrecognizedClientException',
      'InvalidClientTokenId',
    ],
  ])(
    'refuses %s in AWS’s words, and does not count it',
    async (_name, credentials, ofJson, ofQuery) => {
      await using world = closedWorld();
      const options = world.clientOf(credentials)();

      await expect(
        new ECSClient(options).send(
          new RegisterTaskDefinitionCommand({ family: 'job', containerDefinitions: [] }),
        ),
      ).rejects.toMatchObject({ name: ofJson });
      await expect(
        new STSClient(options).send(new GetCallerIdentityCommand({})),
      ).rejects.toMatchObject({
        name: ofQuery,
        $metadata: { httpStatusCode: 403 },
      });
      await expect(new EC2Client(options).send(new DescribeVpcsCommand({}))).rejects.toMatchObject({
        name: 'AuthFailure',
        $metadata: { httpStatusCode: 401 },
      });
      expect(world.aws.callCounts()).toEqual({});
    },
  );

  it.each<readonly [string, (request: SdkRequest) => SdkRequest]>([
    ['body', (request) => ({ ...request, body: '{"maxResults":1}' })],
    [
      'operation',
      (request) => ({
        ...request,
        headers: {
          ...request.headers,
          'x-amz-target': 'AmazonEC2ContainerServiceV20141113.RunTask',
        },
      }),
    ],
    [
      'host',
      (request) => ({ ...request, headers: { ...request.headers, host: 'localhost:4566' } }),
    ],
    ['path', (request) => ({ ...request, path: '/other' })],
    ['query', (request) => ({ ...request, query: { a: 'b' } })],
    ['method', (request) => ({ ...request, method: 'PUT' })],
  ])('refuses a call whose %s was changed after signing', async (_part, change) => {
    await using world = closedWorld();
    const client = new ECSClient(world.clientOf()(change));

    await expect(client.send(new ListClustersCommand({}))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
    expect(world.aws.callCounts()).toEqual({});
  });

  it('refuses a call that is repeated after five minutes or dated ahead', async () => {
    await using world = closedWorld();
    const seen: SdkRequest[] = [];
    const keep = (request: SdkRequest): SdkRequest => {
      seen.push(request);
      return request;
    };
    const client = new ECSClient(world.clientOf()(keep));
    await client.send(new ListClustersCommand({}));
    const repeat = async (): Promise<unknown> => {
      const [request] = seen;
      if (request === undefined) throw new Error('nothing was sent');
      const { response } = await inProcessRequestHandler((again) => world.aws.handle(again)).handle(
        request,
      );
      const chunks = await response.body.toArray();
      return JSON.parse(Buffer.concat(chunks).toString());
    };

    expect(await repeat()).toMatchObject({ clusterArns: [expect.any(String)] });
    await world.clock.elapse(302_000);
    expect(await repeat()).toMatchObject({
      __type: 'InvalidSignatureException',
      message: expect.stringMatching(
        /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z - 5 min\.$/,
      ),
    });
    const early = new ECSClient({
      ...world.clientOf()(),
      systemClockOffset: world.clock.now().getTime() - systemClock.now().getTime() + 302_000,
    });
    await expect(early.send(new ListClustersCommand({}))).rejects.toThrow(
      'Signature not yet current',
    );
  });

  it('reports what an unsigned call lacks', async () => {
    await using world = closedWorld();
    const bare = jsonRequest('ecs', 'ListClusters', {});
    const headers = new Headers(bare.headers);
    headers.delete('authorization');
    const typeOf = async (request: LocalRequest): Promise<unknown> =>
      JSON.parse(await (await world.aws.handle(request)).text());

    expect(await typeOf(new Request(bare.clone(), { headers }))).toMatchObject({
      __type: 'MissingAuthenticationTokenException',
    });
    expect(await typeOf(bare)).toMatchObject({ __type: 'IncompleteSignatureException' });
  });

  it('serves its own paths only to clients with the keys', async () => {
    await using world = closedWorld();
    const statusOf = async (path: string, login?: string): Promise<number> => {
      const authorization = login === undefined ? {} : { authorization: `Basic ${btoa(login)}` };
      const method = path === '/_local/faults' ? 'DELETE' : 'GET';
      const response = await world.aws.handle(
        new Request(`http://127.0.0.1${path}`, { method, headers: authorization }),
      );
      return response.status;
    };

    expect(await statusOf('/_local/health')).toBe(200);
    for (const path of ['/_local/tasks', '/_local/calls', '/_local/faults']) {
      expect(await statusOf(path)).toBe(401);
      expect(await statusOf(path, 'AKIAEXAMPLE:x')).toBe(401);
      expect(await statusOf(path, 'AKIAEXAMPLE:the secret')).toBe(200);
    }
  });
});

it('The signature of AWS’s own example is reproduced', () => {
  // IAM User Guide, "Signature Version 4", the worked example with ListUsers.
  const headers = new Headers({
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    host: 'iam.amazonaws.com',
    'x-amz-date': '20150830T123600Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, ' +
      'Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  });

  const verdict = judgeSignature({
    request: {
      method: 'GET',
      url: 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
      headers,
    },
    body: '',
    now: new Date('2015-08-30T12:36:30Z'),
    secretOf: () => 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  });

  expect(verdict).toEqual({ kind: 'valid' });
});
