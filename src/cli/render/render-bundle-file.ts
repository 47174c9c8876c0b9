import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { toError } from '../../kernel/errors.ts';
import { readJson } from '../../kernel/json-text.ts';
import { isJsonObject } from '../../kernel/json.ts';
import type { KeptNumbers } from '../../kernel/written-numbers.ts';
import { renderBundle } from '../../render/bundle.ts';
import { writtenInBundles } from '../../render/bundle-schema.ts';
import { CommandError, type CommandContext } from '../command-context.ts';
import { bundleSettings } from './bundle-settings.ts';
import { printRendered } from './print-rendered.ts';

/** Renders a bundle file. Exit code 0, or 1 if the launch would fail. */
export async function renderBundleFile(
  path: string,
  asJson: boolean,
  context: CommandContext,
): Promise<number> {
  const bundle = await withTemplateFile(await readJsonFile(path, writtenInBundles), path);
  const rendered = await renderBundle(bundle, { settingsOf: bundleSettings });
  return printRendered(rendered, asJson, context);
}

/**
 * A template of the form `{"$file": "templates/x.json"}` is read from that file, relative to the
 * bundle.
 */
async function withTemplateFile(bundle: unknown, path: string): Promise<unknown> {
  if (!isJsonObject(bundle)) return bundle;
  const pool = bundle['work_pool'];
  const template = isJsonObject(pool) ? pool['base_job_template'] : undefined;
  const file = isJsonObject(template) ? template['$file'] : undefined;
  if (!isJsonObject(pool) || typeof file !== 'string') return bundle;
  const content = await readJsonFile(resolve(dirname(path), file), 'all');
  return { ...bundle, work_pool: { ...pool, base_job_template: content } };
}

async function readJsonFile(path: string, kept: KeptNumbers): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandError(`Cannot read ${path}: ${toError(error).message}`, 2, {
      cause: error,
    });
  }
  const read = readJson(text, kept);
  if (read.kind === 'no-json')
    throw new CommandError(`${path} is not valid JSON: ${read.flaw}.`, 2);
  return read.value;
}
