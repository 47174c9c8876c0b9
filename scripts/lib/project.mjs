// Shared by all scripts: the project's folder, steps and commands. Uses Node alone, since it runs
// before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const tool = (name) => join(root, 'node_modules', '.bin', name);

/** Runs a step and shows its title and time. A failed step ends the script with its exit code. */
export async function step(title, work) {
  const startedMs = Date.now();
  const isTerminal = process.stdout.isTTY === true;
  const elapsed = () => `${((Date.now() - startedMs) / 1000).toFixed(0)} s`;
  process.stdout.write(`${title} ...${isTerminal ? '' : '\n'}`);
  const ticking = isTerminal
    ? setInterval(() => process.stdout.write(`\r${title} ... ${elapsed()}`), 1000)
    : undefined;
  try {
    return await work();
  } finally {
    clearInterval(ticking);
    process.stdout.write(`${isTerminal ? '\r' : ''}${title}: ${elapsed()}\n`);
  }
}

/** Runs a command to its end. Keeps its output, and shows it only if the command fails. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    });
    const chunks = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      const output = Buffer.concat(chunks).toString();
      if (code === 0) resolve(output);
      else
        reject(
          new CommandFailed(`${[command, ...args].join(' ')} ended with exit code ${code}`, output),
        );
    });
  });
}

export class CommandFailed extends Error {
  constructor(message, output) {
    super(message);
    this.output = output;
  }
}

/** Runs a script's main function. Shows an error as one line after the failed command's output. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    if (error instanceof CommandFailed) process.stderr.write(`${error.output}\n`);
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

function hashOf(paths) {
  const hash = createHash('sha256').update(process.version);
  for (const path of paths) hash.update(path.slice(root.length)).update(readFileSync(path));
  return hash.digest('hex');
}

/** Lists all files below a folder, sorted. */
export function filesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort();
}

/** Runs `work` unless `output` exists and was made from the same content of `inputs`. */
export async function unlessDone(name, inputs, output, work) {
  const stamp = join(root, '.cache', `${name}.stamp`);
  const hash = hashOf(inputs);
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return false;
  await work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
  return true;
}

/** Runs `npm ci` when the lock differs from the installed one. */
export async function installPackages() {
  const lock = join(root, 'package-lock.json');
  await unlessDone('packages', [lock], join(root, 'node_modules', '.package-lock.json'), () =>
    step('Installing npm packages from the lock', () =>
      run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']),
    ),
  );
}

/** Installs .venv with the reference versions of Prefect, prefect-aws and moto. */
export async function installReferenceEnvironment() {
  const check = spawnSync('sh', [join(root, 'scripts', 'reference-env.sh'), '--check'], {
    stdio: 'ignore',
  });
  if (check.status === 0) return;
  await step('Installing Prefect, prefect-aws and moto into .venv', () =>
    run('sh', [join(root, 'scripts', 'reference-env.sh')]),
  );
}

/** Installs the tests' browser. Without it those tests are skipped, which fails in CI. */
export async function installChromium() {
  const has = (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;
  if (has('chromium')) return;
  if (!has('apt-get') || process.getuid?.() !== 0) {
    process.stdout.write(
      'Chromium is missing, and only root can install it (apt-get install chromium). ' +
        'Tests that need it are skipped.\n',
    );
    return;
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await step("Installing Debian's chromium", async () => {
    await run('apt-get', ['update'], { env });
    await run('apt-get', ['install', '--yes', '--no-install-recommends', 'chromium'], { env });
  });
}

export async function build() {
  const inputs = [
    ...filesBelow(join(root, 'src')).filter((path) => !path.endsWith('.test.ts')),
    ...[
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      'tsconfig.build.json',
      'rolldown.config.mjs',
    ].map((name) => join(root, name)),
  ];
  await unlessDone('build', inputs, join(root, 'dist', 'main.js'), () =>
    step('Building dist', () => run(process.execPath, [join(root, 'scripts', 'build.mjs')])),
  );
}
