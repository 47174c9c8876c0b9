// Runs the static checks together. Shows each one's time, and its output if it failed.
import { CommandFailed, run, tool } from './project.mjs';

const checks = [
  { name: 'types', command: tool('tsc'), args: ['-p', 'tsconfig.json'] },
  { name: 'lint', command: tool('oxlint'), args: ['--type-aware', '--quiet'] },
  { name: 'format', command: tool('oxfmt'), args: ['--check'] },
  { name: 'unused code', command: tool('knip'), args: ['--no-progress'] },
  {
    name: 'layering',
    command: tool('vitest'),
    args: ['run', '--project', 'project', 'test/project/layering.test.ts'],
  },
];

export async function runChecks() {
  return Promise.all(
    checks.map(async ({ name, command, args }) => {
      const startedMs = Date.now();
      const { passed, output } = await run(command, args).then(
        () => ({ passed: true, output: '' }),
        (error) => ({
          passed: false,
          output: error instanceof CommandFailed ? error.output : String(error),
        }),
      );
      const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
      process.stdout.write(
        `${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n${passed ? '' : `${output}\n`}`,
      );
      return { name, passed };
    }),
  );
}
