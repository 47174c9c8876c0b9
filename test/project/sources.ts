import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

export interface SourceFile {
  /** The path from the project's root, e.g. `src/core/plan/tags.ts`. */
  readonly path: string;
  readonly text: string;
  /** The text without comments and quoted strings, so that patterns match code alone. */
  readonly code: string;
  readonly isTest: boolean;
  readonly imports: readonly Import[];
}

export interface Import {
  readonly from: string;
  readonly isTypeOnly: boolean;
}

/** Reads every TypeScript file below `src`. */
export function readSources(): readonly SourceFile[] {
  const folder = join(projectRoot, 'src');
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      const bare = withoutComments(text);
      return {
        path: relative(projectRoot, join(folder, name)),
        text,
        code: withoutQuoted(bare),
        isTest: name.endsWith('.test.ts'),
        imports: importsIn(bare),
      };
    });
}

/** Replaces comments by blanks. It respects quotes, so `//` in a URL is kept. */
export function withoutComments(text: string): string {
  return text.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`|\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*(?=[\s,;).:\]]))|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (match: string, kept: string | undefined) => kept ?? match.replace(/[^\n]/g, ' '),
  );
}

function withoutQuoted(text: string): string {
  return withoutTemplateText(text).replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, "''");
}

/** Keeps only the expressions of a template literal. */
function withoutTemplateText(text: string): string {
  return text.replace(/`(?:\\[\s\S]|\$\{[^}]*\}|[^`\\])*`/g, (literal) =>
    [...literal.matchAll(/\$\{([^}]*)\}/g)].map((match) => ` ${match[1] ?? ''} `).join(''),
  );
}

function importsIn(text: string): readonly Import[] {
  const statements = [
    ...text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm),
  ].map((match): Import => ({ from: match[2] ?? '', isTypeOnly: match[1] !== undefined }));
  const dynamic = [...text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)].map((match): Import => ({
    from: match[1] ?? '',
    isTypeOnly: false,
  }));
  return [...statements, ...dynamic];
}
