import { expect, it } from 'vitest';
import { systemClock } from '../kernel/clock.ts';
import { seededRandom } from '../kernel/random.ts';
import { Answer } from '../local/message.ts';
import { serveOnLoopback } from '../local/serve.ts';
import { loadSettings } from '../settings/settings.ts';
import { runCommandLine } from './program.ts';

it.each([[[]], [['--debug']]])(
  'A failing command prints no secret, even if the server quotes it: %s',
  async (flags) => {
    const stopped = new AbortController();
    const detail = 'key pnu_canary0123456789, auth cGFzczE6Y2FuYXJ5LXBhc3M=, header gateway-canary';
    const server = await serveOnLoopback(
      async () => Answer.json(401, { detail }),
      {},
      stopped.signal,
    );
    const shown: string[] = [];
    const output = { write: (text: string) => void shown.push(text), isTerminal: false };
    const environment = {
      PREFECT_API_URL: `${server.url.replace('://', '://me:canary-in-url@')}/api`,
      PREFECT_API_KEY: 'pnu_canary0123456789',
      PREFECT_API_AUTH_STRING: 'pass1:canary-pass',
      PREFECT_CLIENT_CUSTOM_HEADERS: '{"X-Gateway-Token": "gateway-canary"}',
    };

    const exitCode = await runCommandLine([...flags, 'render', 'flow/deployment'], {
      out: output,
      err: output,
      clock: systemClock,
      random: seededRandom(1),
      loadSettings: () =>
        loadSettings({
          environment,
          workingDirectory: '/nowhere',
          homeDirectory: '/nowhere',
          readTextFile: () => undefined,
        }),
      logFormat: () => undefined,
      onStopSignal: () => ({ [Symbol.dispose]: () => undefined }),
    });
    stopped.abort(new Error('done'));

    expect(exitCode, shown.join('')).toBe(1);
    expect(shown.join('')).toContain('key ***, auth ***');
    expect(shown.join('')).not.toMatch(/canary|cGFzczE6Y2FuYXJ5LXBhc3M/);
  },
);
