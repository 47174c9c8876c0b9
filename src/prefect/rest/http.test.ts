import { describe, expect, it } from 'vitest';
import { isPassing, RedirectRefusedError } from '../../core/prefect/api-error.ts';
import { loggerOver } from '../../kernel/console-logger.ts';
import type { Clock } from '../../kernel/clock.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { anHttp, anAnswer } from './an-http.test-support.ts';
import { TooLargeError } from '../../kernel/bytes.ts';
import type { FetchedResponse } from './http.ts';

const never = new AbortController().signal;

/**
 * A client whose requests are all lost, on a clock that jumps by this much during waits: the
 * process was suspended.
 */
function clientThatStandsStill(ms: number) {
  const clock = new ManualClock();
  let stoodStillMs = 0;
  const jumping: Clock = {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs() + stoodStillMs,
    sleep: async (waitMs, signal) => {
      await clock.sleep(waitMs, signal);
      if (waitMs < 60_000) stoodStillMs += ms; // not the timeout of a request
    },
  };
  let requests = 0;
  const http = anHttp({
    maxRetries: 5,
    fetch: () => {
      requests += 1;
      return Promise.reject(new Error('reset'));
    },
    clock: jumping,
  });
  return { http, clock, requests: () => requests };
}

it.each([
  ['within the time that the caller allows', 0, 3],
  ['not at all when the process was suspended beyond it', 70_000, 1],
])('A lost request is repeated %s', async (_how, stoodStillMs, expected) => {
  const { http, clock, requests } = clientThatStandsStill(stoodStillMs);
  const sent = http
    .send({ method: 'POST', path: '/claim', body: {}, retryWithinMs: 10_000 }, never)
    .catch((error: unknown) => error);

  await clock.elapse(60_000);

  expect(await sent).toBeInstanceOf(Error);
  expect(requests()).toBe(expected);
});

/** A client whose server gives these answers in turn and repeats the last one. */
function clientOf(...answers: readonly (FetchedResponse | Error)[]) {
  const clock = new ManualClock();
  const said: string[] = [];
  const sent: {
    readonly atMs: number;
    readonly url: string;
    readonly headers: Record<string, string>;
  }[] = [];
  const http = anHttp({
    maxRetries: 5,
    clock,
    csrfSupportEnabled: true,
    log: loggerOver((level, message) => said.push(`${level} ${message}`), {}),
    fetch: (url, { headers }) => {
      const answer = answers[Math.min(sent.length, answers.length - 1)] ?? new Error('no answer');
      sent.push({ atMs: clock.monotonicMs(), url, headers });
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  });
  /** The result of a request after all waits. */
  const outcome = async (method: 'GET' | 'POST' = 'GET'): Promise<unknown> => {
    const sending = http.send({ method, path: '/x' }, never).then(
      ({ body }) => body,
      (error: unknown) => error,
    );
    await clock.elapse(20 * 60_000);
    return sending;
  };
  return { outcome, sent, said };
}

describe('An answer that is not from the API', () => {
  it.each([
    [
      'a web page',
      anAnswer(200, '\n<!doctype html><html></html>'),
      /this is a web page, not the API\. Check PREFECT_API_URL: it must be the URL of the API/,
    ],
    [
      'a redirect without a target',
      anAnswer(302, ''),
      /answered 302 to GET \/x, and this is not an answer of its API/,
    ],
    [
      'more than anybody reads',
      new TooLargeError(16 * 1024 ** 2),
      /the answer is larger than 16 MB/,
    ],
  ])(
    'means that Prefect is failing, and is not repeated at once: %s',
    async (_what, answer, words) => {
      const { outcome, sent } = clientOf(answer);

      const error = await outcome();

      expect(error).toMatchObject({
        name: 'PrefectAnswerError',
        message: expect.stringMatching(words),
      });
      expect(isPassing(error)).toBe(true);
      expect(sent).toHaveLength(1);
    },
  );
});

it.each([
  ['{"detail": "Not here"}', 'Not here'],
  ['{"exception_message": "Object not found"}', 'Object not found'],
  ['{"detail": [{"msg": "bad"}]}', '[{"msg":"bad"}]'],
  ['<html></html>', undefined],
])('A refusal is reported in the server’s words: %s', async (text, detail) => {
  expect(await clientOf(anAnswer(404, text)).outcome()).toMatchObject({ status: 404, detail });
});

describe('A wait that a server asks for', () => {
  const busy = (retryAfter: string) => anAnswer(429, '', { 'retry-after': retryAfter });

  it.each([
    ['kept as it is', '7', 7_000],
    ['a second at least', '0', 1_000],
    ['a second at least, also if it is past', '-5', 1_000],
    ['two minutes at most', '86400', 120_000],
    ['two minutes at most, also as a date', 'Sat, 01 Jan 2050 00:00:00 GMT', 120_000],
    ['replaced by ours if it cannot be read', 'soon', 2_000],
  ])('is %s (%s)', async (_how, header, expectedMs) => {
    const { outcome, sent } = clientOf(busy(header), anAnswer(200, '"done"'));

    expect(await outcome()).toBe('done');
    expect(sent.map(({ atMs }) => atMs - (sent[0]?.atMs ?? 0))).toEqual([0, expectedMs]);
  });

  it('is logged once a minute, with the shorter wait if it is cut', async () => {
    const { outcome, said } = clientOf(busy('3600'), busy('3600'), anAnswer(200, '"done"'));

    await outcome();

    expect(said.filter((line) => line.includes('asked the worker to wait'))).toEqual([
      'warning Prefect asked the worker to wait 3600 s before it repeats GET /x. The worker waits only 120 s.',
      'warning Prefect asked the worker to wait 3600 s before it repeats GET /x. The worker waits only 120 s.',
    ]);
  });
});

describe('A connection that cannot work', () => {
  const failing = (code: string, message = 'failed'): Error =>
    Object.assign(new Error(message), { code });
  const ssl = (reason: string): Error =>
    failing(
      'EPROTO',
      `write EPROTO 00C0:error:0A00010B:SSL routines:ssl3_get_record:${reason}:../ssl.c:354:\n`,
    );

  it.each<[Error, RegExp]>([
    [
      failing('SELF_SIGNED_CERT_IN_CHAIN'),
      /authority that the worker does not trust.*PREFECT_API_SSL_CERT_FILE/,
    ],
    [
      failing(
        'ERR_TLS_CERT_ALTNAME_INVALID',
        "Hostname/IP does not match certificate's altnames: Host: a. is not in the cert's altnames: DNS:b",
      ),
      /is for another name.*: Host: a\. is not in the cert's altnames: DNS:b \(ERR_/,
    ],
    [
      failing('CERT_HAS_EXPIRED'),
      /has expired, or the clock.*PREFECT_API_TLS_INSECURE_SKIP_VERIFY/,
    ],
    [failing('CERT_NOT_YET_VALID'), /is not valid yet, or the clock/],
    [ssl('wrong version number'), /does not speak TLS on this port.*http:\/\//],
    [
      ssl('tlsv13 alert certificate required'),
      /no TLS version or cipher in common: tlsv13 alert certificate required/,
    ],
    [failing('HPE_INVALID_CONSTANT'), /does not speak HTTP on this port/],
    [failing('ERR_PORT_WANTS_TLS'), /speaks TLS on this port.*https:\/\//],
    [
      failing('ERR_INVALID_CHAR', 'Invalid character in header content ["Authorization"]'),
      /cannot be built: .*Fix PREFECT_API_KEY/,
    ],
    [
      failing('ERR_INVALID_CHAR', 'Invalid character in header content ["X-Gate"]'),
      /cannot be built: .*Fix PREFECT_CLIENT_CUSTOM_HEADERS/,
    ],
    [new TypeError('fetch failed', { cause: failing('CERT_HAS_EXPIRED') }), /has expired/],
    [new AggregateError([failing('CERT_HAS_EXPIRED')]), /has expired/],
  ])('is reported at once, with the setting to check: %s', async (error, words) => {
    const { outcome, sent } = clientOf(error);

    expect(await outcome()).toMatchObject({
      name: 'PrefectConnectionError',
      message: expect.stringMatching(words),
    });
    expect(sent).toHaveLength(1);
  });

  it('is reported for servers that answer plain HTTP with a demand for TLS', async () => {
    const page =
      '<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>';
    const { outcome, sent } = clientOf(anAnswer(400, page));

    expect(await outcome()).toMatchObject({
      message: expect.stringMatching(/Use https:\/\/ in PREFECT_API_URL/),
    });
    expect(sent).toHaveLength(1);
  });

  it('is retried if it may work later, and logged at once if it is the first', async () => {
    const { outcome, said } = clientOf(
      failing('ECONNRESET'),
      failing('ECONNRESET'),
      anAnswer(200, '"done"'),
    );

    expect(await outcome()).toBe('done');
    expect(said).toEqual([
      expect.stringMatching(
        /closed the connection without an answer \(ECONNRESET\)\. The worker will retry\.$/,
      ),
    ]);
  });

  it('is not retried if the server redirects elsewhere', async () => {
    const { outcome, sent } = clientOf(
      new RedirectRefusedError('https://other', 'redirected with 302'),
    );

    expect(await outcome()).toMatchObject({
      message: expect.stringContaining('redirected with 302'),
    });
    expect(sent).toHaveLength(1);
  });
});

describe('A CSRF token', () => {
  const token = (text: string) =>
    anAnswer(200, JSON.stringify({ token: text, expiration: 'never' }));
  const refused = (detail: string) => anAnswer(403, JSON.stringify({ detail }));
  const tokensOf = (sent: ReturnType<typeof clientOf>['sent']) =>
    sent.map(({ url, headers }) =>
      url.includes('csrf') ? 'asks' : (headers['Prefect-Csrf-Token'] ?? 'none'),
    );

  it('is fetched again when the server has forgotten it', async () => {
    const { outcome, sent } = clientOf(
      token('old'),
      refused('Invalid CSRF token or client identifier.'),
      token('new'),
      anAnswer(200, '"done"'),
    );

    expect(await outcome('POST')).toBe('done');
    expect(tokensOf(sent)).toEqual(['asks', 'old', 'asks', 'new']);
  });

  it('is fetched when the server begins to require one', async () => {
    const { outcome, sent } = clientOf(
      anAnswer(422, '{"detail": "CSRF protection is disabled."}'),
      refused('Missing CSRF token.'),
      token('new'),
      anAnswer(200, '"done"'),
    );

    expect(await outcome('POST')).toBe('done');
    expect(tokensOf(sent)).toEqual(['asks', 'none', 'asks', 'new']);
  });

  it('that cannot be read means that Prefect is failing', async () => {
    const { outcome } = clientOf(anAnswer(200, '{"token": 7}'));

    expect(await outcome('POST')).toMatchObject({ name: 'PrefectAnswerError' });
  });
});
