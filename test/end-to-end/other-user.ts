import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

/** The user `nobody` on most systems. */
const otherUser = 65_534;
/**
 * Only root can switch to another user. Without root the test makes the same requests as its own
 * user, which the servers cannot tell apart.
 */
export const canBecomeAnother = process.getuid?.() === 0;

export interface PlainRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Passed as an argument, since the other user may lack the right to read this project. */
const script = `
const { readFileSync, readdirSync, mkdirSync } = require('node:fs');
const { requests = [], folders = [], make } = JSON.parse(process.argv[1]);
const attempt = (work) => { try { return work(); } catch { return undefined; } };
const numbers = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
(async () => {
  if (make !== undefined) mkdirSync(make, { mode: 0o700 });
  const statuses = [];
  for (const { url, ...init } of requests) {
    const status = await fetch(url, { ...init, redirect: 'manual' }).then((response) => response.status);
    statuses.push([init.method + ' ' + url, status]);
  }
  const environments = numbers.filter((pid) =>
    attempt(() => readFileSync('/proc/' + pid + '/environ', 'utf8').includes('PREFECT_API_AUTH_STRING=')));
  const commandLines = numbers.map((pid) => attempt(() => readFileSync('/proc/' + pid + '/cmdline', 'utf8')) ?? '');
  const readable = folders.filter((folder) => attempt(() => readdirSync(folder)) !== undefined);
  process.stdout.write(JSON.stringify({ statuses, environments, commandLines, readable }));
})();`;

const Found = z.object({
  statuses: z.array(z.tuple([z.string(), z.number()])),
  /** Processes whose environment the user could read and which holds a secret. */
  environments: z.array(z.string()),
  commandLines: z.array(z.string()),
  readable: z.array(z.string()),
});

/** Sends requests and reads folders as another user; returns the answers and what it read. */
export async function asAnotherUser(task: {
  readonly requests?: readonly PlainRequest[];
  readonly folders?: readonly string[];
  /** A folder to create first. */
  readonly make?: string;
}): Promise<z.infer<typeof Found>> {
  const child = spawn(process.execPath, ['-e', script, JSON.stringify(task)], {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(canBecomeAnother && { uid: otherUser, gid: otherUser }),
  });
  return Found.parse(JSON.parse(await text(child.stdout)));
}
