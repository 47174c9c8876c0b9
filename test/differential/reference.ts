import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { jsonTextOf, parseKeeping, type KeptNumbers } from '../../src/kernel/written-numbers.ts';
import { cleanEnvironment, python } from '../end-to-end/processes.ts';

const Answer = z.looseObject({
  value: z.unknown().optional(),
  unset: z.literal(true).optional(),
  error: z.object({ name: z.string(), message: z.string() }).nullish(),
});
export type ReferenceAnswer = z.infer<typeof Answer>;

/** A long-lived Python process with the real packages. It answers questions in order. */
export interface Reference extends AsyncDisposable {
  ask(question: Readonly<Record<string, unknown>>): Promise<ReferenceAnswer>;
}

/** Starts it. Numbers in `kept` keep the text that Python wrote. */
export function startReference(kept: KeptNumbers = []): Reference {
  if (!existsSync(python))
    throw new Error(`${python} is missing; scripts/reference-env.sh makes it`);
  const child = spawn(python, [fileURLToPath(new URL('reference.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...cleanEnvironment },
  });
  const waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(line));
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => {
      for (const one of waiting.splice(0)) one.reject(new Error('the Python process ended'));
      resolve();
    }),
  );
  return {
    ask: async (question) => {
      const line = await new Promise<string>((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${jsonTextOf(question)}\n`);
      });
      return Answer.parse(parseKeeping(line, kept));
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
