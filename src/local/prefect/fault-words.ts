import { Answer } from '../message.ts';
import type { FaultWords } from '../faults.ts';

/** The web framework's own, for a route that is not there. */
const details: Readonly<Record<number, string>> = { 404: 'Not Found' };
const messages: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Prefect's own answers when it fails. The throttle is Cloud's, the only one that throttles. */
export const prefectFaultWords: FaultWords = {
  throttled: () => Answer.json(429, { detail: 'Too many requests.' }, { 'retry-after': '1' }),
  failed: (status, _code, ordered) => {
    if (ordered !== undefined) return Answer.json(status, { detail: ordered });
    const message = messages[status];
    return message === undefined
      ? Answer.json(status, { detail: details[status] ?? 'Error injected by a fault rule.' })
      : Answer.json(status, { exception_message: message });
  },
};
