import { describe, expect, it } from 'vitest';
import { outcomeOf } from './a-command-line.test-support.ts';

describe('The help of', () => {
  it.each([
    ['prefect-ecs', []],
    ['prefect-ecs worker', ['worker']],
    ['prefect-ecs worker start', ['worker', 'start']],
    ['prefect-ecs work-pool', ['work-pool']],
    ['prefect-ecs work-pool preview', ['work-pool', 'preview']],
    [
      'prefect-ecs work-pool get-default-base-job-template',
      ['work-pool', 'get-default-base-job-template'],
    ],
    ['prefect-ecs render', ['render']],
    ['prefect-ecs dev', ['dev']],
  ])('%s is this', async (_name, command) => {
    const { exitCode, out, err } = await outcomeOf([...command, '--help']);

    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toMatchSnapshot();
  });
});

describe('A wrong command line ends with 2, and the first line says what is wrong', () => {
  it.each<[readonly string[], string]>([
    [['wrker'], "unknown command 'wrker' (Did you mean worker?)"],
    [['worker', 'strat'], "unknown command 'strat' (Did you mean start?)"],
    [['worker', 'start'], "required option '-p, --pool <name>' not specified"],
    [
      ['worker', 'start', '-p', 'x', '--limits', '3'],
      "unknown option '--limits' (Did you mean --limit?)",
    ],
    [
      ['worker', 'start', '-p', 'x', '--limit', '0'],
      "option '-l, --limit <n>' argument '0' is invalid.",
    ],
    [['worker', 'start', '-p', 'x', '--prefetch-seconds', '-1'], "argument '-1' is invalid."],
    [['worker', 'start', '-p', 'x', 'y'], 'too many arguments'],
    [['work-pool', 'preview'], "missing required argument 'name'"],
    [['work-pool', 'preview', 'x', '-h', '0'], 'Give a number above 0.'],
    [['work-pool', 'preview', 'x', '-o', 'yaml'], "Only 'json' output format is supported."],
    [['render'], 'Give exactly one of: a deployment, --flow-run, --from-file.'],
    [
      ['render', 'f/d', '--flow-run', 'x'],
      'Give exactly one of: a deployment, --flow-run, --from-file.',
    ],
    [['render', '--from-file', '/nowhere/bundle.json'], 'Cannot read /nowhere/bundle.json'],
    [['dev', '--faults', '/nowhere/faults.json'], '--faults /nowhere/faults.json'],
    [['dev', '--port', '70000'], 'Give a port from 1 to 65535, or 0 for a free one.'],
    [['dev', '--prefect-server', '--local-aws-only'], 'cannot be used with option'],
  ])('%j', async (argv, words) => {
    const { exitCode, out, err } = await outcomeOf(argv);

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err.replaceAll(/\s+/g, ' ')).toContain(words);
    expect(err).toMatch(/^error: [^\n]*\n/);
  });
});

describe('A command that cannot do its work ends with 1 and one line that says why', () => {
  it.each<[readonly string[], Readonly<Record<string, string>>, string]>([
    [['worker', 'start', '-p', 'x'], {}, 'PREFECT_API_URL'],
    [['work-pool', 'preview', 'x'], {}, 'PREFECT_API_URL'],
    [['render', 'flow/deployment'], {}, 'PREFECT_API_URL'],
    [
      ['worker', 'start', '-p', 'x'],
      { PREFECT_API_URL: 'http://127.0.0.1:1/api', PREFECT_WORKER_QUERY_SECONDS: 'soon' },
      "PREFECT_WORKER_QUERY_SECONDS is 'soon' (from environment), which is invalid: give a number",
    ],
    [['work-pool', 'get-default-base-job-template', '--type', 'docker'], {}, 'docker'],
  ])('%j', async (argv, environment, words) => {
    const { exitCode, out, err } = await outcomeOf(argv, environment);

    expect({ exitCode, out }, err).toEqual({ exitCode: 1, out: '' });
    expect(err).toContain(words);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});

it('The version is printed, and nothing else', async () => {
  const { exitCode, out, err } = await outcomeOf(['--version']);

  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
});
