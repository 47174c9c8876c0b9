import { Answer } from '../message.ts';
import type { FaultWords } from '../faults.ts';

/** The web framework's answer for an unknown route. */
const details: Readonly<Record<number, string>> = { 404: 'Not Found' };
const messages: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Prefect's own failure answers. The throttle is Cloud's, because no other server throttles. */
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
