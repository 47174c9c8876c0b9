import { Answer } from '../message.ts';
import type { FaultWords } from '../faults.ts';

const messages: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Prefect's own answers when it fails. The throttle is Cloud's, the only one that throttles. */
export const prefectFaultWords: FaultWords = {
  throttled: () => Answer.json(429, { detail: 'Too many requests.' }, { 'retry-after': '1' }),
  failed: (status) => {
    const message = messages[status];
    return message === undefined
      ? Answer.json(status, { detail: 'An error that was ordered.' })
      : Answer.json(status, { exception_message: message });
  },
};
