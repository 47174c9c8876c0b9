import { expect, it } from 'vitest';
import { PrefectAnswerError, PrefectApiError, unknownRoute, type AnswerFlaw } from './api-error.ts';

it.each<[AnswerFlaw, string]>([
  [{ kind: 'web-page' }, 'this is a web page, not the API.'],
  [
    { kind: 'unreadable', words: 'id: met 5, expected text' },
    'the answer cannot be read: id: met 5, expected text',
  ],
  [{ kind: 'too-large', words: 'it is too large', beginning: '' }, 'it is too large'],
  [{ kind: 'no-answer' }, 'that is no answer of its API. Check PREFECT_API_URL'],
])('a success that is none is told by what is wrong with it: %j', (flaw, words) => {
  const error = new PrefectAnswerError({ status: 200, method: 'GET', path: '/flows/f', flaw });

  expect(error.message).toContain(`Prefect answered 200 to GET /flows/f, and ${words}`);
});

const refused = (status: number, isWebPage: boolean): string =>
  new PrefectApiError({ status, method: 'GET', path: '/flows/f', detail: undefined, isWebPage }).message;

it('a refusal by a web page says that it is none of the API, unless a balancer may have nobody behind it', () => {
  expect(refused(404, true)).toContain('this is a web page, not the API. Check PREFECT_API_URL');
  expect(refused(503, true)).not.toContain('web page');
  expect(refused(404, false)).not.toContain('web page');
});

it('a route that the server does not have says where the API may be', () => {
  const fact = { status: 404, method: 'GET', path: '/flows/f', detail: unknownRoute };

  expect(new PrefectApiError(fact).message).toContain('Check PREFECT_API_URL');
});
