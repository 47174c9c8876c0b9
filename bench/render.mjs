// Measures rendering a launch from its bundle, warm: ours and the Python worker's own functions.
// Both get the same bundles one after another. Python answers over a pipe, whose time is shown
// separately.
// Usage: node bench/render.mjs [ROUNDS]
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../scripts/lib/project.mjs';
import { bundled } from './bundled.mjs';

const rounds = Number(process.argv[2] ?? 2_000);
const cases = join(root, 'test/vectors/cases');
const template = JSON.parse(readFileSync(join(cases, 'templates/python-newest.json'), 'utf8'));
const [{ bundle: first }] = JSON.parse(readFileSync(join(cases, 'reuse.json'), 'utf8'));
const bundle = { ...first, work_pool: { ...first.work_pool, base_job_template: template } };

const { renderBundle, bundleSettings } = await bundled('render');

const python = spawn(
  join(root, '.venv/bin/python'),
  [join(root, 'test/differential/reference.py')],
  {
    stdio: ['pipe', 'pipe', 'inherit'],
  },
);
const waiting = [];
createInterface({ input: python.stdout }).on('line', (line) => waiting.shift()(JSON.parse(line)));
const ask = (question) =>
  new Promise((resolve) => {
    waiting.push(resolve);
    python.stdin.write(`${JSON.stringify(question)}\n`);
  });

const ours = () => renderBundle(bundle, { settingsOf: bundleSettings });
const theirs = () => ask({ operation: 'render', bundle });
const pipe = () => ask({ operation: 'repr', value: bundle });

const rendered = await ours();
if (rendered.error !== null || (await theirs()).error !== null)
  throw new Error(`the bundle does not render: ${JSON.stringify(rendered.error)}`);
for (const [name, render, count] of [
  ['ours', ours, rounds],
  ['Python', theirs, Math.min(rounds, 500)],
  ['pipe to Python alone', pipe, Math.min(rounds, 500)],
]) {
  // warm up, so that the code is compiled and its caches are filled
  for (let at = 0; at < count; at += 1) await render();
  const times = [];
  for (let at = 0; at < count; at += 1) {
    const started = performance.now();
    await render();
    times.push(performance.now() - started);
  }
  times.sort((one, other) => one - other);
  const at = (share) => times[Math.floor(times.length * share)].toFixed(3);
  console.log(`${name.padEnd(22)} p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${count} renderings`);
}
python.stdin.end();
