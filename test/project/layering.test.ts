import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSources, withoutComments, type SourceFile } from './sources.ts';

interface Reach {
  /** Folders, or single files of one, that may be imported. */
  readonly folders: readonly string[];
  readonly packages: readonly string[];
  /** Packages of which only types may be imported. */
  readonly types?: readonly string[];
}

const awsClients = ['@aws-sdk/', '@smithy/core/config'];

/** What each folder may import: a folder that reaches further can no longer be read alone. */
const reach: Readonly<Record<string, Reach>> = {
  kernel: { folders: [], packages: ['pino'] },
  core: {
    // `kernel/json` is a type and one guard: the shape in which users' documents pass through;
    // `kernel/mismatch` is words. `kernel/redaction`: a document that people see is made by the
    // same functions as one that is sent. `kernel/nearest` and `kernel/python-float` say how names
    // and numbers are told.
    folders: [
      'kernel/errors',
      'kernel/secret',
      'kernel/json',
      'kernel/mismatch',
      'kernel/nearest',
      'kernel/python-float',
      'kernel/redaction',
    ],
    packages: ['zod', 'unidecode', 'html-entities', '@cfworker/json-schema', 'node:crypto'],
    types: awsClients,
  },
  run: { folders: ['kernel', 'core'], packages: [] },
  supervise: { folders: ['kernel', 'core', 'run'], packages: [] },
  worker: { folders: ['kernel', 'core', 'run', 'supervise'], packages: [] },
  prefect: { folders: ['kernel', 'core'], packages: ['ws', 'undici', 'proxy-agent', 'zod'] },
  aws: { folders: ['kernel', 'core'], packages: [...awsClients, 'proxy-agent', 'lru-cache'] },
  settings: { folders: ['kernel', 'core'], packages: ['smol-toml', 'zod'] },
  render: { folders: ['kernel', 'core', 'run'], packages: ['yaml', 'microdiff', 'zod'] },
  deploy: { folders: ['kernel', 'core'], packages: ['yaml', 'microdiff'] },
  local: { folders: ['kernel'], packages: ['hono', 'ws', 'zod'] },
  service: {
    folders: [
      'kernel',
      'core',
      'run',
      'supervise',
      'worker',
      'prefect',
      'aws',
      'settings',
      'render',
      'deploy',
      'local',
    ],
    packages: ['hono', 'prom-client'],
  },
  cli: {
    folders: [
      'kernel',
      'core',
      'run',
      'supervise',
      'worker',
      'prefect',
      'aws',
      'settings',
      'render',
      'deploy',
      'local',
      'service',
    ],
    packages: ['commander', '@commander-js/extra-typings', 'cli-table3', 'zod'],
  },
  'index.ts': { folders: ['core', 'kernel', 'run', 'render', 'service', 'worker'], packages: [] },
};

/**
 * Rooms of a folder, low to high: a room imports only from rooms before it. A single file is a room
 * of its own.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
  'src/run': [
    'ports',
    'shared',
    'states',
    'run-context',
    'tasks',
    'output',
    'prepare',
    'claim',
    'report',
    'follow',
    'launch',
    'claimed-run',
    'adopt',
    'pipeline',
  ],
  'src/supervise': ['queue', 'tasks', 'events', 'output'],
  'src/prefect': ['rest', 'socket', 'channel', 'events'],
};

/** What tests may use beyond their folder. */
const testPackages = ['vitest', 'fast-check', 'zod', ...awsClients];

const sources = readSources();

function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function targetOf(source: SourceFile, from: string): string {
  return normalize(join(dirname(source.path), from));
}

function foreignImports(source: SourceFile): readonly string[] {
  const folder = folderOf(source.path);
  const allowed = reach[folder];
  if (allowed === undefined) return [`${source.path} is in a folder that the table does not know`];
  const packages = [...allowed.packages, ...(source.isTest ? testPackages : [])];
  const isOneOf = (name: string, list: readonly string[]): boolean =>
    list.some((entry) => (entry.endsWith('/') ? name.startsWith(entry) : name === entry));
  return source.imports.flatMap(({ from, isTypeOnly }) => {
    const complaint = [`${source.path} imports ${from}`];
    if (!from.startsWith('.')) {
      if (isOneOf(from, packages) || (isTypeOnly && isOneOf(from, allowed.types ?? []))) return [];
      const isPure = folder === 'core' && !source.isTest;
      return from.startsWith('node:') && !isPure ? [] : complaint;
    }
    const target = targetOf(source, from);
    if (target === 'package.json' && folder === 'cli') return [];
    const to = folderOf(target);
    const within = target.replace(/^src\//, '').replace(/\.ts$/, '');
    const isAllowed = [to, within, dirname(within)].some(
      (name) => name === folder || allowed.folders.includes(name),
    );
    return isAllowed || (source.isTest && to === 'kernel') ? [] : complaint;
  });
}

describe('the layout', () => {
  it.each(Object.keys(reach))('%s imports only what the table allows', (folder) => {
    const mine = sources.filter((source) => folderOf(source.path) === folder);

    expect(mine.flatMap(foreignImports)).toEqual([]);
  });

  it('knows every folder', () => {
    expect(
      [...new Set(sources.map((source) => folderOf(source.path)))].filter(
        (name) => !(name in reach),
      ),
    ).toEqual([]);
  });

  it.each(Object.keys(rooms))('%s has rooms that import downwards only', (folder) => {
    const imports = sources
      .filter((source) => source.path.startsWith(`${folder}/`))
      .flatMap((source) => importsBetweenRooms(folder, source));
    const upward = imports.filter(({ from, to }) => to.rank > from.rank);
    console.log(`${folder}: ${imports.length} imports between rooms, upward: ${upward.length}`);

    expect(upward.map(({ from, to }) => `${from.path} imports ${to.path}`)).toEqual([]);
  });

  it('has no import cycle', () => {
    const edges = new Map(
      sources.map((source) => [
        source.path,
        source.imports
          .filter(({ from }) => from.startsWith('.'))
          .map(({ from }) => targetOf(source, from)),
      ]),
    );
    expect(cyclesIn(edges)).toEqual([]);
  });
});

interface Place {
  readonly path: string;
  /** Of its room. */
  readonly rank: number;
}

function importsBetweenRooms(
  folder: string,
  source: SourceFile,
): readonly { readonly from: Place; readonly to: Place }[] {
  const order = rooms[folder] ?? [];
  const placeOf = (path: string): Place => {
    const [room = ''] = path.slice(folder.length + 1).split(/[/.]/);
    if (!order.includes(room)) throw new Error(`${path} is in a room that the table does not know`);
    return { path, rank: order.indexOf(room) };
  };
  const from = placeOf(source.path);
  return source.imports
    .filter((one) => one.from.startsWith('.'))
    .map((one) => targetOf(source, one.from))
    .filter((target) => target.startsWith(`${folder}/`))
    .map((target) => ({ from, to: placeOf(target) }))
    .filter(({ to }) => to.rank !== from.rank);
}

/**
 * Files on a path that comes back to where it began. Type-only imports count: they tie files
 * together all the same.
 */
function cyclesIn(edges: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return cycles;
}

describe('what is handed in', () => {
  const product = sources.filter((source) => !source.isTest);
  const offenders = (
    pattern: RegExp,
    allowed: (source: SourceFile) => boolean,
  ): readonly string[] =>
    product
      .filter((source) => !allowed(source) && pattern.test(source.code))
      .map((source) => source.path);

  it('reads no clock and sets no timer outside kernel/clock.ts', () => {
    const pattern =
      /\b(setTimeout|setInterval|setImmediate)\s*\(|\bDate\.now\b|new Date\(\s*\)|\bperformance\.now\b|\bhrtime\b|AbortSignal\.timeout|timers\/promises/;
    // The manual clock lets the event loop turn between two sleepers: that is no waiting.
    const allowed = ['src/kernel/clock.ts', 'src/kernel/manual-clock.ts'];

    expect(offenders(pattern, (source) => allowed.includes(source.path))).toEqual([]);
  });

  it('reads process.env in settings/ only, and sets it in one line of the main entry', () => {
    expect(
      offenders(
        /\bprocess\s*\.\s*env\b/,
        (source) => folderOf(source.path) === 'settings' || source.path === 'src/cli/main.ts',
      ),
    ).toEqual([]);
    const main = product.find((source) => source.path === 'src/cli/main.ts');
    expect(main?.text.match(/process\.env.*/g)).toEqual([
      "process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';",
    ]);
  });

  it('draws no randomness outside kernel/random.ts', () => {
    expect(
      offenders(
        /\bMath\.random\b|\brandomUUID\b|\brandomBytes\b/,
        (source) => source.path === 'src/kernel/random.ts',
      ),
    ).toEqual([]);
  });

  it('says any and ! nowhere', () => {
    const any = /(:|<|\bas|\|)\s*any\b(?!\s*\()/;
    const nonNull = /[\w)\]]!(?=[.,;)\]\s[])(?!==?)/;

    expect(sources.filter((source) => any.test(source.code)).map((source) => source.path)).toEqual(
      [],
    );
    expect(
      sources.filter((source) => nonNull.test(source.code)).map((source) => source.path),
    ).toEqual([]);
  });
});

it('the reader of sources takes comments for comments and nothing else', () => {
  expect(withoutComments("const url = 'http://x'; // gone\n/* gone */ const one = 1;")).toBe(
    "const url = 'http://x';        \n           const one = 1;",
  );
});
