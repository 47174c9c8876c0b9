import { readFileSync } from 'node:fs';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { expect, it } from 'vitest';
import { settingsCatalogue } from '../../src/core/prefect/settings-catalogue.ts';
import { aCommandContext } from '../../src/cli/a-command-line.test-support.ts';
import { programFor } from '../../src/cli/program.ts';
import { declaredSettings } from './settings-page.ts';
import { textFiles } from './text-files.ts';

interface Named {
  readonly name: string;
  readonly file: string;
}

/** Files that hold no text for people. */
const notForPeople = /\.test\.ts$|test-support\.ts$|^docs\/contract\/|^src\/settings\/declared\//;
const files = textFiles().filter((file) => !notForPeople.test(file));

function namedIn(pattern: RegExp, from: readonly string[] = files): readonly Named[] {
  return from.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(pattern)].map((match) => ({
      name: (match[1] ?? match[0]).trim(),
      file,
    })),
  );
}

const program = programFor(
  aCommandContext(),
  () => undefined,
  () => undefined,
);

function commandsUnder(
  command: CommandUnknownOpts,
  path: string,
): ReadonlyMap<string, CommandUnknownOpts> {
  const inner = command.commands.flatMap((one) => [
    ...commandsUnder(one, `${path}${path === '' ? '' : ' '}${one.name()}`),
  ]);
  return new Map([[path, command], ...inner]);
}

const commands = commandsUnder(program, '');
const flags = new Set(
  [...commands.values()].flatMap(({ options }) => options.flatMap(({ long }) => long ?? [])),
);

/** Settings of Prefect that its own list lacks. */
const unlisted = new Set(['PREFECT_PROFILE']);

it('Every Prefect setting named in a text exists', () => {
  const known = new Set([
    ...declaredSettings().map(({ name }) => name),
    ...settingsCatalogue.flatMap(({ name, aliases }) => [name, ...aliases]),
  ]);
  const unknown = namedIn(/\bPREFECT_[A-Z][A-Z_]*[A-Z]\b(?![*<_$])/g).filter(
    ({ name }) => !known.has(name) && !unlisted.has(name),
  );

  expect(unknown).toEqual([]);
});

it('Every command named in a text exists', () => {
  const named = namedIn(/\bprefect-ecs((?: [a-z][a-z-]+)+)/g);
  const unknown = named.filter(({ name }) => {
    const words = name.split(' ');
    const first = words[0] ?? '';
    return ![...commands.keys()].some(
      (path) => path !== '' && (path === first || `${name} `.startsWith(`${path} `)),
    );
  });

  expect(unknown).toEqual([]);
});

/** Flags of other programs that our texts name. */
const flagsOfOthers = new Set([
  '--keep', // npm run demo
  '--expose-gc', // node
  '--package', // npx
  '--disable', // node
  '--host', // prefect server start
  '--platform', // docker build
  '--watch', // prefect flow-run logs
  // V8's
  '--heap-growing-percent',
  '--semi-space-growth-factor',
  '--interrupt-budget',
]);

it('Every flag named in a page or text exists', () => {
  const unknown = namedIn(/(?<![\w-])(--[a-z][a-z-]+[a-z])\b/g).filter(
    ({ name }) => !flags.has(name) && !flagsOfOthers.has(name) && name !== '--help',
  );

  expect(unknown).toEqual([]);
});
