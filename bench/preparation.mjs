// Measures how long one author's job variables block the worker's event loop. Each shape is
// rendered from a bundle by the functions of a launch, cold, at the largest size that can arrive:
// Prefect does not limit job variables, and we read answers of up to 16 MB. Exits with 1 when one
// turn of the loop takes longer than LIMIT_MS.
// Usage: node bench/preparation.mjs [LIMIT_MS]
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/lib/project.mjs';
import { bundled } from './bundled.mjs';

const limitMs = Number(process.argv[2] ?? 250);
const cases = join(root, 'test/vectors/cases');
const template = JSON.parse(readFileSync(join(cases, 'templates/python-newest.json'), 'utf8'));
const [{ bundle: first }] = JSON.parse(readFileSync(join(cases, 'reuse.json'), 'utf8'));
const { renderBundle, bundleSettings, parseHeavy, nextTurn } = await bundled('render');

const some = (count, make) => Array.from({ length: count }, (_, at) => make(at));
const members = (count, make) => Object.fromEntries(some(count, make));
const nested = (levels) => some(levels, () => 0).reduce((value) => ({ a: value }), 1);
const large = 900_000;
const most = 15_000_000;

/** The run's job variables by shape, and the parts of the pool's template that they need. */
const shapes = {
  'an ordinary run': () => ({ env: { A: '1' }, image: 'x' }),
  'name: one open placeholder': () => ({ name: `{{ ${'a'.repeat(large)}` }),
  'name: one long placeholder': () => ({ name: `{{ ${'a'.repeat(large)}.1 }}` }),
  'name: many placeholders': () => ({ name: '{{ ctx.flow.name }}'.repeat(large / 20) }),
  'name: braces': () => ({ name: '{{ '.repeat(large / 3) }),
  'name: dashes': () => ({ name: `${'-'.repeat(large)}x` }),
  'name: a letter of a long text, often': () => ({
    name: '{{ ctx.flow_run.parameters.t[9] }}'.repeat(20_000),
  }),
  'env: 8,000 names': () => ({ env: members(8_000, (at) => [`NAME_${at}`, `value ${at}`]) }),
  'env: 19,000 names': () => ({ env: members(19_000, (at) => [`NAME_${at}`, '1']) }),
  'env: 79,000 names': () => ({ env: members(79_000, (at) => [`NAME_${at}`, '1']) }),
  'env: 79,000 names of both': () => ({ env: members(79_000, (at) => [`NAME_${at}`, '1']) }),
  'env: one long text': () => ({ env: { LONG: 'x'.repeat(large) } }),
  'env: one long text of other scripts': () => ({ env: { LONG: '\u{1F600}'.repeat(large / 2) } }),
  'dotted keys: 4,000': () => members(4_000, (at) => [`env.NAME_${at}`, '1']),
  'dotted keys: 10,000': () => members(10_000, (at) => [`env.NAME_${at}`, '1']),
  'dotted keys: 79,000': () => members(79_000, (at) => [`env.NAME_${at}`, '1']),
  'dotted keys: 500,000 that nothing uses': () => members(500_000, (at) => [`x.n${at}`, 1]),
  'unused: 1,000,000 names': () => ({ x: members(1_000_000, (at) => [`n${at}`, 1]) }),
  'unused: empty lists': () => ({ x: some(most / 3, () => []) }),
  'unused: empty objects': () => ({ x: some(most / 3, () => ({})) }),
  'unused: numbers': () => ({ x: some(most / 2, () => 1) }),
  'unused: one long text': () => ({ x: 'x'.repeat(most) }),
  'nested: 250 levels': () => ({ x: nested(250) }),
  'labels: 40,000': () => ({ labels: members(40_000, (at) => [`label ${at}`, "it's"]) }),
  'labels: one long text': () => ({
    labels: { a: `&#${'1'.repeat(large / 2)};${"'".repeat(large / 2)}` },
  }),
  'command: one long word': () => ({ command: '\\a'.repeat(large / 2) }),
  'command: many words': () => ({ command: 'a '.repeat(large / 2) }),
  'blocks: one, often in a text': () => ({ name: '{{ prefect.blocks.secret.s }} '.repeat(30_000) }),
  'blocks: a letter of it, often': () => ({
    name: '{{ prefect.blocks.json.j.t[9] }} '.repeat(25_000),
  }),
  'blocks: one of 40,000 secrets': () => ({
    env: { A: '{{ prefect.blocks.json.many.s1 }}' },
    image: 'x',
  }),
  'blocks: one of 1,000 secrets': () => ({
    env: { A: '{{ prefect.blocks.json.few.s1 }}' },
    image: 'x',
  }),
  'variables: 8,000 with secret names': () => ({
    env: members(8_000, (at) => [`API_KEY_${at}`, `secret ${at}`]),
  }),
  'family: dashes': () => ({ family: `a${'-'.repeat(large)}b` }),
  'cluster: colons': () => ({ task_definition_arn: `x${':1'.repeat(large / 2)}x` }),
  'network_configuration: 9,000 unknown names': () => ({
    vpc_id: 'vpc-2',
    network_configuration: members(9_000, (at) => [`n${at}`, 'x']),
  }),
  'network_configuration: 9,000 names nearly right': () => ({
    vpc_id: 'vpc-2',
    network_configuration: members(9_000, (at) => [`sub${at}nets`, 'x']),
  }),
  'network_configuration: one long name': () => ({
    vpc_id: 'vpc-2',
    network_configuration: { ['x'.repeat(large)]: 'x' },
  }),
  'capacity_provider_strategy: 19,000 numbers': () => ({
    capacity_provider_strategy: some(19_000, () => 1),
  }),
  'assume_role_kwargs: 9,000 unknown names': () => ({
    aws_credentials: {
      aws_access_key_id: 'a',
      aws_secret_access_key: 'secret-of-it',
      assume_role_arn: 'arn:aws:iam::123456789012:role/r',
      assume_role_kwargs: members(9_000, (at) => [`n${at}`, 'x']),
    },
  }),
  'unused: 9,000 names nearly right': () => members(9_000, (at) => [`memry${at}`, 1]),
  'aws_credentials: many names': () => ({
    aws_credentials: members(49_000, (at) => [`n${at}`, 'x']),
  }),
};

/** A block whose schema marks no field as secret, unless `isSecret`. */
const block = (slug, name, data, isSecret = false) => ({
  id: name,
  name,
  block_type: { slug },
  data,
  ...(!isSecret && { block_schema: { fields: { secret_fields: [] } } }),
});

/** A template that lets runs set everything that the shapes set. */
const configuration = {
  ...template.job_configuration,
  name: '{{ name }}',
  labels: '{{ labels }}',
  command: '{{ command }}',
};
const withShapes = { ...template, job_configuration: configuration };

const secretBlock = (name, count, rest = '') =>
  block(
    'json',
    name,
    members(count, (at) => [`s${at}`, `secret number ${at} ${rest}`]),
    true,
  );
const many = secretBlock('many', 40_000);
const few = secretBlock('few', 1_000, 'x'.repeat(170));
const blocks = [
  many,
  few,
  block('secret', 's', { value: 'x' }),
  block('json', 'j', { t: 'x'.repeat(large) }),
];
const bundle = {
  ...first,
  work_pool: { ...first.work_pool, base_job_template: withShapes },
  block_documents: blocks,
};

/**
 * Milliseconds of the longest turn of the loop during `work`. It takes the clock's time but at most
 * the process's CPU time, so that other load on the machine does not count.
 */
async function longestTurn(work) {
  let longest = 0;
  let isOver = false;
  let last = performance.now();
  let lastCpu = process.cpuUsage();
  const tick = () => {
    const now = performance.now();
    const { user, system } = process.cpuUsage(lastCpu);
    longest = Math.max(longest, Math.min(now - last, (user + system) / 1000));
    last = now;
    lastCpu = process.cpuUsage();
    if (!isOver) setImmediate(tick);
  };
  setImmediate(tick);
  await nextTurn();
  const result = await work();
  await nextTurn();
  isOver = true;
  await nextTurn();
  return { longest, result };
}

let slowest = 0;
for (const [name, make] of Object.entries(shapes)) {
  const { flow_run: run } = first;
  const answer = JSON.stringify([
    { ...run, job_variables: make(), parameters: { t: 'x'.repeat(500_000) } },
  ]);
  const ofDeployment = name.endsWith('of both')
    ? members(79_000, (at) => [`DEPLOYED_${at}`, '1'])
    : {};
  const deployment = { ...first.deployment, job_variables: { env: ofDeployment } };
  const { longest, result } = await longestTurn(async () => {
    const [flowRun] = await parseHeavy(answer, nextTurn);
    return renderBundle(
      { ...bundle, deployment, flow_run: flowRun },
      { settingsOf: bundleSettings },
    );
  });
  slowest = Math.max(slowest, longest);
  const outcome = result.error === null ? 'rendered' : result.error.message.slice(0, 70);
  const size = `${(answer.length / 1e6).toFixed(1).padStart(5)} MB`;
  console.log(`${name.padEnd(40)} ${size} ${longest.toFixed(0).padStart(6)} ms  ${outcome}`);
}
console.log(`longest turn ${slowest.toFixed(0)} ms, of ${limitMs} allowed`);
process.exitCode = slowest > limitMs ? 1 : 0;
