import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSources, withoutComments, type SourceFile } from './sources.ts';

interface Reach {
  /** Folders or single files that may be imported. */
  readonly folders: readonly string[];
  readonly packages: readonly string[];
  /** Packages whose types alone may be imported. */
  readonly types?: readonly string[];
}

const awsClients = ['@aws-sdk/', '@smithy/core/config'];

/** What each folder may import. A folder that reached further could not be read alone. */
const reach: Readonly<Record<string, Reach>> = {
  kernel: { folders: [], packages: ['pino'] },
  core: {
    // `core` is pure, so it imports only pure files of `kernel`. `kernel/json` is the type of user
    // documents, with one guard; `kernel/mismatch`, `kernel/nearest` and `kernel/python-float` make
    // texts. `kernel/redaction` is here since shown and sent documents come from one function.
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
 * Rooms of a folder, from low to high. A room imports only from lower rooms. A single file is its
 * own room.
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

/** Packages that tests may import in addition to their folder's. */
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

describe('The source layout', () => {
  it.each(Object.keys(reach))('lets %s import only what the table allows', (folder) => {
    const mine = sources.filter((source) => folderOf(source.path) === folder);

    expect(mine.flatMap(foreignImports)).toEqual([]);
  });

  it('has every folder in the table', () => {
    expect(
      [...new Set(sources.map((source) => folderOf(source.path)))].filter(
        (name) => !(name in reach),
      ),
    ).toEqual([]);
  });

  it.each(Object.keys(rooms))('lets rooms of %s import downwards only', (folder) => {
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
  /** The rank of its room. */
  readonly rank: number;
}

function importsBetweenRooms(
  folder: string,
  source: SourceFile,
): readonly { readonly from: Place; readonly to: Place }[] {
  const order = rooms[folder] ?? [];
  const placeOf = (path: string): Place => {
    const [room = ''] = path.slice(folder.length + 1).split(/[/.]/);
    if (!order.includes(room)) throw new Error(`${path} is in a room that is not in the table`);
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

/** Import cycles. Type-only imports count, since they tie files together as well. */
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

describe('The product’s code', () => {
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
    // The manual clock yields to the event loop between two sleepers, which is no wait for time.
    const allowed = ['src/kernel/clock.ts', 'src/kernel/manual-clock.ts'];

    expect(offenders(pattern, (source) => allowed.includes(source.path))).toEqual([]);
  });

  it('reads process.env only in settings/, and sets it in one line of the main entry', () => {
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

  it('has no `any` and no `!` assertion', () => {
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

it('withoutComments removes comments and keeps `//` in strings', () => {
  expect(withoutComments("const url = 'http://x'; // gone\n/* gone */ const one = 1;")).toBe(
    "const url = 'http://x';        \n           const one = 1;",
  );
});
