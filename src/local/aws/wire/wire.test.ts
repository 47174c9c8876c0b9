import { expect, it } from 'vitest';
import { awsWorld, jsonRequest } from '../aws-world.test-support.ts';

async function sendForm(world: ReturnType<typeof awsWorld>, form: string) {
  const response = await world.aws.handle(
    new Request('http://127.0.0.1/', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        authorization:
          'AWS4-HMAC-SHA256 Credential=111122223333/20300101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0',
      },
      body: form,
    }),
  );
  return { status: response.status, text: await response.text() };
}

it.each([
  '__proto__.family=evil',
  '__proto__.__proto__.family=evil',
  'constructor.prototype.family=evil',
  'Filter.__proto__.family=evil',
  'Filter.1.__proto__.family=evil&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1',
  'toString.family=evil',
  'hasOwnProperty=evil',
  '=evil&.=evil&..family=evil',
])('Names in a form have no special meaning: %s', async (form) => {
  await using world = awsWorld();

  const { status, text } = await sendForm(world, `Action=DescribeVpcs&Version=2016-11-15&${form}`);

  expect(status).toBe(200);
  expect(text).toContain('<vpcSet');
  expect(Reflect.get({}, 'family')).toBeUndefined();
  expect(Reflect.get(Object, 'family')).toBeUndefined();
  expect((await world.register()).status).toBe(200);
});

it('A form of endless depth is refused', async () => {
  await using world = awsWorld();

  const { status, text } = await sendForm(world, `Action=DescribeVpcs&${'a.'.repeat(100_000)}b=1`);

  expect(status).toBe(400);
  expect(text).toContain('<Code>MalformedQueryString</Code>');
});

it.each(['__proto__', 'constructor', 'toString'])(
  'A service with the name %s is unknown',
  async (name) => {
    await using world = awsWorld();

    const plain = jsonRequest('ecs', 'ListClusters', {});
    const headers = new Headers(plain.headers);
    headers.set('x-amz-target', `${name}.ListClusters`);

    const response = await world.aws.handle(new Request(plain, { headers }));

    expect(JSON.parse(await response.text())).toEqual({
      __type: 'UnknownOperationException',
      message: `The local AWS does not support the operation ${name}:ListClusters.`,
    });
  },
);

it('A JSON body changes nothing outside its call', async () => {
  await using world = awsWorld();
  const input: unknown = JSON.parse(
    '{"family":"job","__proto__":{"family":"evil"},"constructor":{"prototype":{"family":"evil"}}}',
  );

  await world.ecs('RegisterTaskDefinition', input);

  expect(Reflect.get({}, 'family')).toBeUndefined();
});
