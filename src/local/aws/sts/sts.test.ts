import { expect, it } from 'vitest';
import { awsWorld, jsonRequest } from '../aws-world.test-support.ts';

async function query(
  world: ReturnType<typeof awsWorld>,
  form: string,
  key: string,
  token?: string,
) {
  const response = await world.aws.handle(
    new Request('http://127.0.0.1/', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        authorization: `AWS4-HMAC-SHA256 Credential=${key}/20300101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0`,
        ...(token !== undefined && { 'x-amz-security-token': token }),
      },
      body: form,
    }),
  );
  return { status: response.status, text: await response.text() };
}

const between = (text: string, name: string): string =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '';

async function assumed(world: ReturnType<typeof awsWorld>) {
  const { text } = await query(
    world,
    'Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::444455556666:role/runner&RoleSessionName=worker&DurationSeconds=900',
    '111122223333',
  );
  const key = between(text, 'AccessKeyId');
  const token = between(text, 'SessionToken');
  const json = (operation: string) => {
    const plain = jsonRequest('ecs', operation, {}, { account: key });
    const headers = new Headers(plain.headers);
    headers.set('x-amz-security-token', token);
    return world.aws.handle(new Request(plain, { headers }));
  };
  return { key, token, json, expiration: between(text, 'Expiration') };
}

it('AssumeRole issues keys that act as the role’s account until they expire', async () => {
  await using world = awsWorld();
  const { key, token, json, expiration } = await assumed(world);
  const whoAmI = () => query(world, 'Action=GetCallerIdentity&Version=2011-06-15', key, token);

  const identity = await whoAmI();
  const clusters = await (await json('ListClusters')).json();
  await world.clock.elapse(900_000);
  const expired = await whoAmI();
  const expiredJson = await json('ListClusters');

  expect(expiration).toBe('2030-01-01T00:15:00.000Z');
  expect(between(identity.text, 'Arn')).toBe(
    'arn:aws:sts::444455556666:assumed-role/runner/worker',
  );
  expect(clusters).toEqual({ clusterArns: ['arn:aws:ecs:us-east-1:444455556666:cluster/default'] });
  expect(expired).toMatchObject({ status: 403 });
  expect(between(expired.text, 'Code')).toBe('ExpiredToken');
  expect(await expiredJson.json()).toMatchObject({ __type: 'ExpiredTokenException' });
});

it('Temporary keys are refused without their token', async () => {
  await using world = awsWorld();
  const { key } = await assumed(world);

  expect(await world.ecs('ListClusters', {}, { account: key })).toMatchObject({
    __type: 'UnrecognizedClientException',
  });
});

it.each([899, 43_201])('AssumeRole refuses %d seconds', async (seconds) => {
  await using world = awsWorld();
  const { text } = await query(
    world,
    `Action=AssumeRole&RoleArn=arn:aws:iam::444455556666:role/r&RoleSessionName=worker&DurationSeconds=${seconds}`,
    '111122223333',
  );

  expect(between(text, 'Code')).toBe('ValidationError');
});
