import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { projectRoot, readSources, withoutComments } from './sources.ts';

/** The documents whose rules are cited by number, below `docs/contract`. */
const cited: readonly string[] = ['worker', 'prefect-api', 'aws-ecs', 'decisions'];

export interface Citation {
  /** Without `.md`, e.g. `worker`. */
  readonly document: string;
  readonly line: number;
  readonly text: string;
  /** Anchors that it names; none: it names a document alone. */
  readonly ids: readonly string[];
}

/** A mention of any Markdown document. */
const mention = /[\w./-]*?([\w-]+)\.md\b/g;
const id = String.raw`(?:[A-Z]\.)?\d+(?:\.\d+)*|[A-Z]\d+`;
const first = new RegExp(
  String.raw`['"\x60]?,?\s+(?:sections?\s+|decisions?\s+|rules?\s+)?(${id})(?![\w%])`,
  'y',
);
const next = new RegExp(
  String.raw`(?:,\s*(?:and\s+|or\s+)?|\s+(and|or|to)\s+|\s+(?=[A-Z]\d))` +
    String.raw`(?:sections?\s+|rules?\s+)?(${id})(?![\w%])`,
  'y',
);
/** Numbered items of a section that have anchors such as `7-rule-11` and `0.1-step-5`. */
const items = /,?\s+(rule|step)s?\s+(\d+)/y;

/** What a text cites. Lines of one comment are read as one line. */
export function citationsIn(text: string): readonly Citation[] {
  const joined = text.replace(/\n[ \t]*(?:\*(?!\/)|\/\/|#)?[ \t]*/g, (gap) =>
    `\n${' '.repeat(gap.length)}`.slice(0, gap.length),
  );
  return [...joined.matchAll(mention)].map(({ 0: path, 1: document = '', index }) => {
    const { ids, end } = idsAt(joined, index + path.length);
    return {
      document,
      line: lineAt(joined, index),
      text: joined.slice(index, end).replace(/\s+/g, ' '),
      ids,
    };
  });
}

/** The ids behind a document's name: `8.3`, `9.3 and 9.5`, `7 rules 10 to 12`, `0.1 step 5`. */
function idsAt(text: string, start: number): { readonly ids: string[]; readonly end: number } {
  const ids: string[] = [];
  let end = start;
  let stem: string | undefined;
  let found = matchAt(first, text, end);
  let [word, one] = [undefined as string | undefined, found?.[1]];
  while (found !== undefined && one !== undefined) {
    end += found[0].length;
    const item = matchAt(items, text, end);
    if (item !== undefined) {
      stem = `${one}-${item[1] ?? ''}-`;
      ids.push(`${stem}${item[2] ?? ''}`);
      end += item[0].length;
    } else {
      if (!/^\d+$/.test(one)) stem = undefined;
      const before = ids.at(-1);
      const named = `${stem ?? ''}${one}`;
      if (word === 'to' && before !== undefined) ids.push(...between(before, named));
      ids.push(named);
    }
    found = matchAt(next, text, end);
    [word, one] = [found?.[1], found?.[2]];
  }
  return { ids, end };
}

/** The ids that a range leaves out: its last number counts up. */
function between(from: string, to: string): readonly string[] {
  const stem = to.replace(/\d+$/, '');
  const [low, high] = [from, to].map((end) => Number(/\d+$/.exec(end)?.[0]));
  if (low === undefined || high === undefined || from.replace(/\d+$/, '') !== stem) return [];
  return Array.from({ length: Math.max(0, high - low - 1) }, (_, at) => `${stem}${low + at + 1}`);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** The anchors of a document in their order; undefined: there is no such document. */
export function anchorsOf(document: string): readonly string[] | undefined {
  const folder = join(projectRoot, 'docs', 'contract');
  if (!existsSync(folder)) return undefined;
  const parts = readdirSync(folder).filter((name) => partOf(name) === document);
  if (parts.length === 0) return undefined;
  return parts.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/<a id="([^"]+)">/g)].map(
      ([, anchor = '']) => anchor,
    ),
  );
}

/** `worker-1.md` is a part of `worker`. */
function partOf(fileName: string): string {
  return basename(fileName, '.md').replace(/-\d+$/, '');
}

/** Every citation of a tracked text that leads nowhere: file, line, citation and why. */
export function brokenCitations(): readonly string[] {
  const anchors = new Map(cited.map((document) => [document, new Set(anchorsOf(document))]));
  return citingFiles().flatMap((path) =>
    citationsIn(readFileSync(join(projectRoot, path), 'utf8')).flatMap((citation) => {
      const why = whyBroken(citation, path, anchors);
      return why === undefined ? [] : [`${path}:${citation.line}: ${citation.text} (${why})`];
    }),
  );
}

function whyBroken(
  { document, ids, text }: Citation,
  path: string,
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
): string | undefined {
  const known = anchors.get(partOf(`${document}.md`));
  if (known === undefined) return isDocument(text, path) ? undefined : 'no such document';
  if (known.size === 0) return 'no such document';
  // A document may name another as a whole; a comment has to say which of its rules holds.
  if (ids.length === 0)
    return path.endsWith('.md') || text.includes('/') ? undefined : 'cites no rule';
  const missing = ids.filter(
    (one) => !known.has(document === 'decisions' ? `decision-${one}` : one),
  );
  return missing.length === 0 ? undefined : `no anchor ${missing.join(', ')}`;
}

/**
 * Rules that a comment of the product names without their document, such as `(9.7.8)` or `(A7)`: a
 * reader would not know where to look.
 */
export function bareCitations(): readonly string[] {
  const bare = /\((?:[ADFILQ]\d{1,2}|V[1-7]|\d{1,2}\.\d+(?:\.\d+)*)[),]/g;
  return readSources()
    .filter(({ isTest }) => !isTest)
    .flatMap(({ path, text }) =>
      [...commentsOf(text).matchAll(bare)].map(
        ({ 0: found, index }) => `${path}:${lineAt(text, index)}: ${found}`,
      ),
    );
}

/** A text with everything but its comments blank: what is found in it stands on the same line. */
function commentsOf(text: string): string {
  const code = withoutComments(text);
  return text.replace(/[^\n]/g, (one, at: number) => (one === code[at] ? ' ' : one));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** Named by its path, or as people name a page of `docs`. */
function isDocument(name: string, citingPath: string): boolean {
  return ['', 'docs', 'docs/contract', dirname(citingPath)].some((folder) =>
    existsSync(join(projectRoot, folder, name)),
  );
}

/** The vectors are copied to the byte from a folder with documents of its own. */
function citingFiles(): readonly string[] {
  const folders = ['src', 'test', 'bench', 'scripts', 'docs', 'README.md'];
  const [text, ownTests] = [/\.(?:ts|mts|mjs|js|py|sh|md)$/, /^test\/project\/citations/];
  return execFileSync('git', ['ls-files', '-co', '--exclude-standard', ...folders], {
    cwd: projectRoot,
    encoding: 'utf8',
  })
    .trim()
    .split('\n')
    .filter((path) => text.test(path) && !ownTests.test(path) && !path.includes('/cases/'))
    .filter((path) => existsSync(join(projectRoot, path)));
}
