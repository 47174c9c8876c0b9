import { describe, expect, it } from 'vitest';
import {
  apiPlaceOf,
  isPassing,
  needsMending,
  PrefectAnswerError,
  PrefectApiError,
  PrefectConnectionError,
  unknownRoute,
  type AnswerFlaw,
  type ApiPlace,
} from './api-error.ts';

it.each<[AnswerFlaw, string]>([
  [{ kind: 'web-page', place: 'api' }, 'this is a web page, not the API.'],
  [
    { kind: 'unreadable', words: 'id: found 5, expected text' },
    'the answer has an unexpected form: id: found 5, expected text',
  ],
  [{ kind: 'too-large', words: 'it is too large', beginning: '' }, 'it is too large'],
  [{ kind: 'no-answer' }, 'this is not an answer of its API. Check PREFECT_API_URL'],
])('a success that is none is told by what is wrong with it: %j', (flaw, words) => {
  const error = new PrefectAnswerError({ status: 200, method: 'GET', path: '/flows/f', flaw });

  expect(error.message).toContain(`Prefect answered 200 to GET /flows/f, and ${words}`);
});

const refused = (status: number, isWebPage: boolean): string =>
  new PrefectApiError({ status, method: 'GET', path: '/flows/f', detail: undefined, isWebPage })
    .message;

it('A refusal by a web page says so, unless a load balancer may lack a backend', () => {
  expect(refused(404, true)).toContain('this is a web page, not the API. Check PREFECT_API_URL');
  expect(refused(503, true)).not.toContain('web page');
  expect(refused(404, false)).not.toContain('web page');
});

it('The error for an unknown route says where the API may be', () => {
  const fact = { status: 404, method: 'GET', path: '/flows/f', detail: unknownRoute };

  expect(new PrefectApiError(fact).message).toContain('Check PREFECT_API_URL');
});

it.each<[string, ApiPlace]>([
  ['http://127.0.0.1:4200/api', 'api'],
  ['https://api.prefect.cloud/api/accounts/a/workspaces/w', 'api'],
  ['http://127.0.0.1:4200', 'no-api'],
  ['http://api.example.com/prefect', 'no-api'],
  ['', 'no-api'],
])('an address without the path of an API is told by that: %s', (url, place) => {
  expect(apiPlaceOf(url)).toBe(place);
  const fact = { status: 404, method: 'POST', path: '/work_pools/', detail: unknownRoute, place };
  const expected =
    place === 'api' ? 'Check PREFECT_API_URL' : 'PREFECT_API_URL does not end in /api.';
  expect(new PrefectApiError(fact).message).toContain(expected);
});

describe('Only a change by a person fixes', () => {
  const page = (place: ApiPlace): PrefectAnswerError =>
    new PrefectAnswerError({
      status: 200,
      method: 'GET',
      path: '/x',
      flaw: { kind: 'web-page', place },
    });

  it.each([
    ['a connection that cannot be', new PrefectConnectionError('https://x/api', 'expired'), true],
    ['the pages of a UI at an address without /api', page('no-api'), true],
    ['a page at the address of an API, which may be one of a balancer', page('api'), false],
    ['anything else', new Error('x'), false],
  ])('%s', (_what, error, expected) => {
    expect(needsMending(error)).toBe(expected);
    if (expected) expect(isPassing(error)).toBe(true); // a worker that runs waits for it
  });
});
