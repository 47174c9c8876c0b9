// Draws docs/architecture.svg from the imports of src/, by folder, and by room in run/. With
// --check it draws nothing: its exit code shows whether the picture matches the sources.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const picture = join(root, 'docs', 'architecture.svg');

/** From high to low: a folder may import the folders below it. */
const columns = [
  {
    title: 'src/',
    rows: [
      'cli',
      'service',
      'local',
      'render',
      'settings',
      'aws',
      'prefect',
      'worker',
      'supervise',
      'run',
      'core',
      'kernel',
    ],
    rowOf: (path) => path.split('/')[1],
  },
  {
    title: 'src/run/',
    rows: [
      'pipeline',
      'adopt',
      'claimed-run',
      'launch',
      'follow',
      'report',
      'claim',
      'prepare',
      'output',
      'tasks',
      'states',
      'run-context',
      'shared',
      'ports',
    ],
    rowOf: (path) =>
      path.startsWith('src/run/') ? path.split('/')[2].replace(/\.ts$/, '') : undefined,
  },
];

const rowHeight = 34;
const columnWidth = 430;
const boxWidth = 118;
const top = 56;

const imports = readSources(join(root, 'src')).flatMap(importsOf);
const svg = draw(columns.map((column) => ({ ...column, arcs: arcsOf(column, imports) })));
if (process.argv.includes('--check'))
  process.exitCode = readFileSync(picture, 'utf8') === svg ? 0 : 1;
else writeFileSync(picture, svg);

function readSources(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts') && !/\.(test|test-support)\.ts$/.test(name))
    .map((name) => join(folder, name))
    .sort();
}

function importsOf(file) {
  const from = relative(root, file);
  return [...readFileSync(file, 'utf8').matchAll(/\bfrom '(\.[^']+)'/g)].map(([, target]) => ({
    from,
    to: relative(root, join(dirname(file), target)),
  }));
}

/** Counts the imports from each row to each other row. */
function arcsOf({ rows, rowOf }, all) {
  const counts = new Map();
  for (const { from, to } of all) {
    const [above, below] = [rowOf(from), rowOf(to)];
    if (above === below || !rows.includes(above) || !rows.includes(below)) continue;
    const key = `${above} ${below}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => {
    const [above, below] = key.split(' ').map((row) => rows.indexOf(row));
    return { above, below, count };
  });
}

function draw(drawn) {
  const height = top + Math.max(...drawn.map(({ rows }) => rows.length)) * rowHeight + 20;
  const body = drawn
    .map((column, index) => drawColumn(column, 20 + index * columnWidth))
    .join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${drawn.length * columnWidth + 20} ${height}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#fff"/>
<text x="20" y="22" fill="#555">An arc leads from whoever imports to what is imported, below it; as thick as there are imports. Red: upwards.</text>
${body}
</svg>
`;
}

function drawColumn({ title, rows, arcs }, x) {
  const middle = (row) => top + row * rowHeight + rowHeight / 2;
  const lines = arcs.map(({ above, below, count }) => {
    const [from, to] = [middle(above), middle(below)];
    const reach = 24 + Math.abs(to - from) * 0.55;
    const edge = x + boxWidth;
    const colour = below > above ? '#4a7ab5' : '#c0392b';
    const width = (1 + Math.log2(count) * 0.7).toFixed(1);
    return `<path d="M${edge} ${from} C${edge + reach} ${from} ${edge + reach} ${to} ${edge} ${to}" fill="none" stroke="${colour}" stroke-width="${width}" opacity="0.55"><title>${rows[above]} imports ${rows[below]}: ${count}</title></path>`;
  });
  const boxes = rows.map(
    (row, index) =>
      `<rect x="${x}" y="${middle(index) - 12}" width="${boxWidth}" height="24" rx="4" fill="#eef3f9" stroke="#4a7ab5"/><text x="${x + 9}" y="${middle(index) + 4.5}">${row}</text>`,
  );
  return [
    `<text x="${x}" y="${top - 8}" font-weight="bold">${title}</text>`,
    ...lines,
    ...boxes,
  ].join('\n');
}
