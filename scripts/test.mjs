// npm test: installs what is missing, checks, builds, and runs all suites or the named ones, e.g.
// npm test -- unit. The last line is `N passed, N failed`. In CI a skipped test is a failure.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runChecks } from './lib/checks.mjs';
import {
  build,
  installChromium,
  installPackages,
  installReferenceEnvironment,
  main,
  root,
  tool,
} from './lib/project.mjs';

/** Suites that only compute run together. Suites with servers and processes run one by one. */
const runs = [
  ['unit', 'project', 'vectors'],
  ['differential'],
  ['interleavings'],
  ['contract', 'scenarios'],
  ['end-to-end'],
];

await main(async () => {
  const wanted = process.argv.slice(2);
  const known = runs.flat();
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Error(`There is no suite '${unknown[0]}'. The suites are ${known.join(', ')}.`);
  await installPackages();
  await installReferenceEnvironment();
  if (wanted.length === 0 || wanted.includes('end-to-end')) await installChromium();
  const count = { passed: 0, failed: 0, skipped: 0 };
  if (wanted.length === 0) {
    for (const { passed } of await runChecks()) count[passed ? 'passed' : 'failed'] += 1;
  }
  await build();
  for (const suites of runs) {
    const chosen = suites.filter((name) => wanted.length === 0 || wanted.includes(name));
    if (chosen.length > 0) add(count, await runSuites(chosen));
  }
  const skipped = count.skipped === 0 ? '' : `, ${count.skipped} skipped`;
  if (count.skipped > 0 && process.env.CI === 'true') {
    process.stdout.write('Skipped tests count as failed in CI.\n');
    count.failed += count.skipped;
  }
  process.stdout.write(
    `${count.passed} passed, ${count.failed} failed${process.env.CI === 'true' ? '' : skipped}\n`,
  );
  return count.failed === 0 ? 0 : 1;
});

async function runSuites(names) {
  const report = join(root, '.cache', `vitest-${names[0]}.json`);
  mkdirSync(join(root, '.cache'), { recursive: true });
  rmSync(report, { force: true });
  const args = [
    'run',
    ...names.flatMap((name) => ['--project', name]),
    // These two suites alone must cover every branch of the pure core.
    ...(names.includes('unit') && names.includes('vectors')
      ? ['--coverage', '--coverage.reporter=text-summary']
      : []),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const exitCode = await new Promise((resolve, reject) => {
    const child = spawn(tool('vitest'), args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
  return counted(report, exitCode, names);
}

/** vitest's counts. A run that fails without a failed test, as in a crash, counts as 1 failure. */
function counted(report, exitCode, names) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    const failed = exitCode !== 0 && numFailedTests === 0 ? 1 : numFailedTests;
    return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests };
  } catch {
    process.stdout.write(`vitest exited without a report on ${names.join(', ')}.\n`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function add(count, more) {
  for (const key of Object.keys(count)) count[key] += more[key];
}
