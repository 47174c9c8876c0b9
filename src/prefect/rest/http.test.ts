import { describe, expect, it } from 'vitest';
import { isPassing, RedirectRefusedError } from '../../core/prefect/api-error.ts';
import { loggerOver } from '../../kernel/console-logger.ts';
import type { Clock } from '../../kernel/clock.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { anHttp, anAnswer } from './an-http.test-support.ts';
import { TooLargeError } from '../../kernel/bytes.ts';
import type { FetchedResponse } from './http.ts';

const never = new AbortController().signal;

/** A client whose every request is lost, on a clock that jumps by so much while it waits: the process stands still. */
function clientThatStandsStill(ms: number) {
  const clock = new ManualClock();
  let stoodStillMs = 0;
  const jumping: Clock = {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs() + stoodStillMs,
    sleep: async (waitMs, signal) => {
      await clock.sleep(waitMs, signal);
      if (waitMs < 60_000) stoodStillMs += ms; // not the time that a request may take
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
  ['within the time that the caller gives it', 0, 3],
  ['not at all when the process stood still beyond it', 70_000, 1],
])('repeats a lost request %s', async (_how, stoodStillMs, expected) => {
  const { http, clock, requests } = clientThatStandsStill(stoodStillMs);
  const sent = http
    .send({ method: 'POST', path: '/claim', body: {}, retryWithinMs: 10_000 }, never)
    .catch((error: unknown) => error);

  await clock.elapse(60_000);

  expect(await sent).toBeInstanceOf(Error);
  expect(requests()).toBe(expected);
});

/** A client whose server gives these answers in turn, the last one again and again. */
function clientOf(...answers: readonly (FetchedResponse | Error)[]) {
  const clock = new ManualClock();
  const said: string[] = [];
  const sent: { readonly atMs: number; readonly url: string; readonly headers: Record<string, string> }[] =
    [];
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
  /** What comes of a request, once all waits are over. */
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

describe('an answer that is none of the API', () => {
  it.each([
    [
      'a web page',
      anAnswer(200, '\n<!doctype html><html></html>'),
      /this is a web page, not the API\. Check PREFECT_API_URL: .* ends in \/api/,
    ],
    [
      'a redirect that leads nowhere',
      anAnswer(302, ''),
      /answered 302 to GET \/x, and that is no answer of its API/,
    ],
    ['more than anybody reads', new TooLargeError(16 * 1024 ** 2), /the answer is larger than 16 MB/],
  ])('is Prefect being ill, and not asked for again at once: %s', async (_what, answer, words) => {
    const { outcome, sent } = clientOf(answer);

    const error = await outcome();

    expect(error).toMatchObject({ name: 'PrefectAnswerError', message: expect.stringMatching(words) });
    expect(isPassing(error)).toBe(true);
    expect(sent).toHaveLength(1);
  });
});

it.each([
  ['{"detail": "Not here"}', 'Not here'],
  ['{"exception_message": "Object not found"}', 'Object not found'],
  ['{"detail": [{"msg": "bad"}]}', '[{"msg":"bad"}]'],
  ['<html></html>', undefined],
])('tells a refusal in the words of the server: %s', async (text, detail) => {
  expect(await clientOf(anAnswer(404, text)).outcome()).toMatchObject({ status: 404, detail });
});

describe('a wait that a server asks for', () => {
  const busy = (retryAfter: string) => anAnswer(429, '', { 'retry-after': retryAfter });

  it.each([
    ['taken as it is', '7', 7_000],
    ['a second at least', '0', 1_000],
    ['a second at least, also of the past', '-5', 1_000],
    ['two minutes at most', '86400', 120_000],
    ['two minutes at most, also as a date', 'Sat, 01 Jan 2050 00:00:00 GMT', 120_000],
    ['ours where it is no time', 'soon', 2_000],
  ])('is %s (%s)', async (_how, header, expectedMs) => {
    const { outcome, sent } = clientOf(busy(header), anAnswer(200, '"done"'));

    expect(await outcome()).toBe('done');
    expect(sent.map(({ atMs }) => atMs - (sent[0]?.atMs ?? 0))).toEqual([0, expectedMs]);
  });

  it('is said, once a minute, and where it is cut short', async () => {
    const { outcome, said } = clientOf(busy('3600'), busy('3600'), anAnswer(200, '"done"'));

    await outcome();

    expect(said.filter((line) => line.includes('asked for'))).toEqual([
      'warning Prefect asked for a wait of 3600 s before GET /x is repeated. The worker waits 120 s, and asks again.',
      'warning Prefect asked for a wait of 3600 s before GET /x is repeated. The worker waits 120 s, and asks again.',
    ]);
  });
});

describe('a connection that cannot work', () => {
  const failing = (code: string): Error => Object.assign(new Error('failed'), { code });

  it.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', /certificate of the server is not trusted.*PREFECT_API_SSL_CERT_FILE/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /certificate of the server is not trusted/],
    ['CERT_HAS_EXPIRED', /certificate of the server is not trusted/],
    ['EPROTO', /does not speak TLS on this port.*http:\/\//],
    ['HPE_INVALID_CONSTANT', /does not speak HTTP on this port.*https:\/\//],
  ])('is told at once, with the setting to look at: %s', async (code, words) => {
    const { outcome, sent } = clientOf(failing(code));

    expect(await outcome()).toMatchObject({ message: expect.stringMatching(words) });
    expect(sent).toHaveLength(1);
  });

  it('is tried again where it may work the next time, and told at once when it is the first', async () => {
    const { outcome, said } = clientOf(failing('ECONNRESET'), failing('ECONNRESET'), anAnswer(200, '"done"'));

    expect(await outcome()).toBe('done');
    expect(said).toEqual([
      expect.stringMatching(/begin with https:\/\/ \(ECONNRESET\)\. The worker tries again\.$/),
    ]);
  });

  it('is tried no more where the server leads somewhere else', async () => {
    const { outcome, sent } = clientOf(new RedirectRefusedError('https://other', 'redirected with 302'));

    expect(await outcome()).toMatchObject({ message: expect.stringContaining('redirected with 302') });
    expect(sent).toHaveLength(1);
  });
});

describe('a CSRF token', () => {
  const token = (text: string) => anAnswer(200, JSON.stringify({ token: text, expiration: 'never' }));
  const refused = (detail: string) => anAnswer(403, JSON.stringify({ detail }));
  const tokensOf = (sent: ReturnType<typeof clientOf>['sent']) =>
    sent.map(({ url, headers }) =>
      url.includes('csrf') ? 'asks' : (headers['Prefect-Csrf-Token'] ?? 'none'),
    );

  it('is fetched again when the server forgot it', async () => {
    const { outcome, sent } = clientOf(
      token('old'),
      refused('Invalid CSRF token or client identifier.'),
      token('new'),
      anAnswer(200, '"done"'),
    );

    expect(await outcome('POST')).toBe('done');
    expect(tokensOf(sent)).toEqual(['asks', 'old', 'asks', 'new']);
  });

  it('is fetched when the server has begun to ask for one', async () => {
    const { outcome, sent } = clientOf(
      anAnswer(422, '{"detail": "CSRF protection is disabled."}'),
      refused('Missing CSRF token.'),
      token('new'),
      anAnswer(200, '"done"'),
    );

    expect(await outcome('POST')).toBe('done');
    expect(tokensOf(sent)).toEqual(['asks', 'none', 'asks', 'new']);
  });

  it('that cannot be read is Prefect being ill', async () => {
    const { outcome } = clientOf(anAnswer(200, '{"token": 7}'));

    expect(await outcome('POST')).toMatchObject({ name: 'PrefectAnswerError' });
  });
});
