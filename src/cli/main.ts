import { systemClock } from '../kernel/clock.ts';
import { systemRandom } from '../kernel/random.ts';
import { refuseDebugger } from './debugger.ts';
import { readProcessLogFormat, readProcessSettings } from '../settings/process-settings.ts';
import { runCommandLine } from './program.ts';
import type { CommandContext } from './command-context.ts';

// Before the SDK is loaded: on Node 20 each of its clients would warn about the Node version
// (decisions.md 11).
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

refuseDebugger();

const context: CommandContext = {
  out: { write: (text) => void process.stdout.write(text), isTerminal: process.stdout.isTTY },
  err: { write: (text) => void process.stderr.write(text), isTerminal: process.stderr.isTTY },
  clock: systemClock,
  random: systemRandom,
  loadSettings: (overrides) => readProcessSettings(overrides),
  logFormat: readProcessLogFormat,
  onStopSignal: (listener) => {
    const hear = (signal: NodeJS.Signals): void => listener(signal);
    process.on('SIGINT', hear);
    process.on('SIGTERM', hear);
    return {
      [Symbol.dispose]: () => {
        process.off('SIGINT', hear);
        process.off('SIGTERM', hear);
      },
    };
  },
};

// No top-level await: a lazily loaded chunk may import this module and would wait for it forever.
void runCommandLine(process.argv.slice(2), context).then((exitCode) => {
  process.exitCode = exitCode;
});
