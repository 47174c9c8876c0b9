import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../secret.ts';
import { loggerOver } from '../console-logger.ts';
import type { KnownSecret } from './known-secret.ts';
import { redactedLogger } from './redacted-logger.ts';
import { Redaction } from './redaction.ts';

const kept = (text: string): KnownSecret => ({ secret: new Secret(text), origin: 'block' });
const credential = (text: string): KnownSecret => ({
  secret: new Secret(text),
  origin: 'credential',
});
const named = (text: string): KnownSecret => ({ secret: new Secret(text), origin: 'named' });
const shown = (text: string, ...secrets: readonly KnownSecret[]): string =>
  new Redaction(secrets).text(text);

describe('A secret', () => {
  const secret = 'p/4"s\\ w+ö?rd=7&';
  const json = (text: string): string => JSON.stringify(text).slice(1, -1);

  it.each([
    ['raw', secret],
    ['as JSON', json(secret)],
    ['as JSON in JSON', json(json(secret))],
    ['in a URL', encodeURIComponent(secret)],
    [
      'in a URL, in lower case',
      encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()),
    ],
    ['in a form', encodeURIComponent(secret).replaceAll('%20', '+')],
    ['in base64', Buffer.from(secret).toString('base64').replaceAll('=', '')],
    ['in base64 for URLs', Buffer.from(secret).toString('base64url')],
  ])('is not shown %s', (_form, text) => {
    const said = `before ${text} after`;

    expect(shown(said, kept(secret))).toMatch(/^before \*\*\*.{0,2} after$/);
  });

  it('is redacted in base64 of a longer text, whatever precedes it', () => {
    for (const before of ['', 'a', 'ab', 'abc']) {
      const whole = Buffer.from(`${before}the-secret-of-a-user${before}`).toString('base64');
      const left = Buffer.from(
        shown(whole, kept('the-secret-of-a-user')).replaceAll('*', ''),
        'base64',
      );

      expect(left.toString()).not.toContain('secret');
    }
  });

  it('is redacted if only a long part of it appears', () => {
    const long = Array.from({ length: 40 }, (_, at) => `part-${at}`).join(' ');

    expect(shown(`cut off: ${long.slice(0, 120)}`, kept(long))).toMatch(/^cut off: \*\*\*.{0,64}$/);
    expect(shown(`<${long}>`, kept(long))).toBe('<***>');
  });

  it('is redacted line by line, as a log prints a key', () => {
    const key = '-----BEGIN KEY-----\nMIIEowIBAAKCAQEAx5\n7Jq2mPz0aVwzYtQhX1\n-----END KEY-----';

    expect(shown('MIIEowIBAAKCAQEAx5', kept(key))).toBe('***');
    expect(shown('-----BEGIN KEY-----', kept(key))).toBe('-----BEGIN KEY-----');
  });

  it('with several words is redacted in neighbouring words of a command', () => {
    const redaction = new Redaction([kept("correct 'horse' battery")]);

    expect(redaction.json({ command: ['run', 'correct', 'horse', 'battery', '-v'] })).toEqual({
      command: ['run', '***', '-v'],
    });
    expect(redaction.text('["run","correct","horse","battery","-v"]')).toBe('["run","***","-v"]');
  });

  it('is redacted as long as it has a holder', () => {
    const redaction = new Redaction();
    const first = redaction.hold([kept('hunter2222')]);
    const second = redaction.hold([kept('hunter2222'), kept('other-secret')]);
    second[Symbol.dispose]();
    second[Symbol.dispose]();

    expect(redaction.text('hunter2222 other-secret')).toBe('*** other-secret');
    first[Symbol.dispose]();
    expect(redaction.text('hunter2222')).toBe('hunter2222');
  });

  it('that begins like a longer one is redacted as the longer one', () => {
    expect(shown('abcdefgh-ijkl abcdefgh', kept('abcdefgh'), kept('abcdefgh-ijkl'))).toBe(
      '*** ***',
    );
  });

  it('is redacted in keys and values of a document, and parts without secrets are not copied', () => {
    const redaction = new Redaction([kept('hunter2222')]);
    const clean = { a: ['b', { c: 1 }], d: null };

    expect(redaction.json(clean)).toBe(clean);
    expect(redaction.json({ hunter2222: ['x', { y: 'hunter2222' }], z: true })).toEqual({
      '***': ['x', { y: '***' }],
      z: true,
    });
  });

  it('is in no text afterwards, whatever surrounds it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), fc.string(), fc.string(), (text, before, after) => {
        fc.pre(text.trim() !== '' && !`${before}***${after}`.includes(text));
        expect(shown(`${before}${text}${after}`, kept(text))).not.toContain(text);
      }),
    );
  });
});

describe('A short secret', () => {
  it('of a block is redacted as a word, whatever its length', () => {
    expect(shown('x1 in x12: "x1", x1.', kept('x1'))).toBe('*** in x12: "***", ***.');
    expect(shown('7 of 77', kept('7'))).toBe('*** of 77');
  });

  it('of credentials counts from four characters on', () => {
    expect(shown('chmod +x by abc1', credential('x'), credential('abc1'))).toBe('chmod +x by ***');
  });

  it('leaves AWS names readable', () => {
    const arn = 'arn:aws:ecs:us-east-1:123456789012:task/prod/0123';

    expect(shown(`${arn} with password prod`, kept('prod'))).toBe(`${arn} with password ***`);
  });
});

describe('The value of a variable whose name sounds secret', () => {
  it.each([
    '/b9Qd0fXw2LkT7uVzR4sYp1/9x',
    'https://hooks.example.com/services/T00/B00/x7Kq2mPz0aVwzYtQhX1b',
    'hunter2222',
    'a1b2c',
    'correct horse battery staple',
    'Zm9vYmFyYmF6',
  ])('counts: %s', (value) => {
    expect(shown(`it is ${value}!`, named(value))).toBe('it is ***!');
  });

  it('counts with eight digits or more, but no ARN loses its account', () => {
    const arn = 'arn:aws:ecs:us-east-1:123456789012:cluster/dev';

    expect(shown(`pin 90210431, in ${arn}`, named('90210431'), named('123456789012'))).toBe(
      `pin ***, in ${arn}`,
    );
  });

  it.each([
    'prod',
    'true',
    'task',
    '5432',
    'interactive',
    'azure-ad',
    'us-east-1',
    '/run/secrets/token',
    'arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf',
    'https://login.example.com/oauth',
  ])('does not count if it is a name, a place or a switch: %s', (value) => {
    expect(shown(`it is ${value}!`, named(value))).toBe(`it is ${value}!`);
  });
});

describe('A secret that is recognized by its shape', () => {
  it.each([
    ['https://user:pass@host/x', 'https://***@host/x'],
    ['postgresql+asyncpg://me:p%40ss@db:5432/prefect', 'postgresql+asyncpg://***@db:5432/prefect'],
    ['https://ghp_0123456789@github.com/x', 'https://***@github.com/x'],
    ['GET /x?access_token=abc123&limit=5', 'GET /x?access_token=***&limit=5'],
    [
      'https://b.s3.amazonaws.com/k?X-Amz-Signature=0f&X-Amz-Date=1',
      'https://b.s3.amazonaws.com/k?X-Amz-Signature=***&X-Amz-Date=1',
    ],
    ['-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- x', '*** x'],
    ['-----BEGIN PRIVATE KEY-----\\nMII cut off', '***'],
  ])('is redacted in %s', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it('takes linear time', () => {
    for (const part of [
      '://',
      '-----BEGIN PRIVATE KEY-----',
      '?token=',
      '&a-token',
      '://a:',
      'a'.repeat(64),
    ]) {
      const long = part.repeat(Math.ceil(1_000_000 / part.length));

      expect(shown(long, kept(`${'a'.repeat(63)}b`), kept('aaaa')).length).toBeLessThanOrEqual(
        long.length + 3,
      ); // quadratic: hours
    }
  });
});

describe('Text that must stay', () => {
  const all = [
    kept('correct horse battery'),
    kept('x1'),
    kept('prod'),
    named('prod'),
    named('task'),
  ];

  it.each([
    'a battery of correct tests for each horse',
    "Created ECS task 'arn:aws:ecs:us-east-1:123456789012:task/prod/8e623a3c1d434bea93f96a7b9d5bc8bd'",
    "Using ECS task definition 'arn:aws:ecs:us-east-1:123456789012:task-definition/prod:1'...",
    "Claimed by worker 'a' (77156341-7d76-48a2-a774-39d76250bddd) for cluster 'default' in 123456789012/us-east-1.",
    'http://127.0.0.1:4200/api cannot be reached',
    'git@github.com:org/repo.git and ssh://git@github.com/org/repo',
    'ssh://deploy@host/path',
    'see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definitions.html?key',
    'someone@example.com wrote it',
    's3://bucket/key@version',
    'CannotPullContainerError: pull image manifest has been retried 5 time(s)',
    'the token bucket of RunTask is empty',
    'Set PREFECT_API_KEY, or give a password.',
    'state 7 of 10 (OutOfMemoryError: container killed due to memory usage)',
    'exit code 137',
    'max_tokens=200 temperature=1',
    'a=1&b=2',
    '2030-01-01T00:00:00.000Z | INFO | production',
    'the public key is -----BEGIN PUBLIC KEY-----MII-----END PUBLIC KEY-----',
    'x12 x1y',
    'worker-x1 is on 24/x1 and x1.5',
  ])('%s', (sentence) => {
    expect(shown(sentence, ...all)).toBe(sentence);
  });
});

describe('A redacting logger', () => {
  it('redacts the line and all its facts', () => {
    const lines: unknown[] = [];
    const log = redactedLogger(
      new Redaction([kept('hunter2222')]),
      loggerOver((level, message, fields) => lines.push([level, message, fields]), {}),
    );
    const big = { toString: () => 'a hunter2222' };
    log.child({ a: 'hunter2222' }).warning('it is hunter2222', {
      b: { c: ['hunter2222', 1] },
      error: new Error('hunter2222!'),
      big: Object.assign(() => 1, big),
      count: 5,
      none: undefined,
    });

    expect(lines).toEqual([
      [
        'warning',
        'it is ***',
        { a: '***', b: { c: ['***', 1] }, error: '***!', big: 'a ***', count: 5, none: undefined },
      ],
    ]);
  });
});
