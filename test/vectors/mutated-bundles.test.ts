import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { bundleSettings } from '../../src/cli/render/bundle-settings.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { renderBundle } from '../../src/render/bundle.ts';
import { renderForPeople } from '../../src/render/for-people.ts';
import { mutatedText } from '../scenarios/mutated-answers.ts';

const groups = [
  'blocks',
  'definition',
  'launch',
  'linked',
  'merging',
  'request',
  'reuse',
  'validators',
];
const Cases = z.array(z.looseObject({ bundle: z.unknown() }));

const bundles = groups
  .flatMap((group) => Cases.parse(readCases(`${group}.json`)))
  .map(({ bundle }) => JSON.stringify(withTemplate(bundle)));

function readCases(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`cases/${name}`, import.meta.url), 'utf8'));
}

/** Puts the file that a bundle names in the place of its template, as the command does. */
function withTemplate(bundle: unknown): unknown {
  const parsed = z
    .looseObject({
      work_pool: z.looseObject({ base_job_template: z.looseObject({ $file: z.string() }) }),
    })
    .safeParse(bundle).data;
  if (parsed === undefined) return bundle;
  const template = readCases(parsed.work_pool.base_job_template.$file);
  return { ...parsed, work_pool: { ...parsed.work_pool, base_job_template: template } };
}

/** Texts of zod, the SDK and the engine that users must never see. */
const raw =
  /ZodError|Invalid input|invalid_(type|value|union|format|key)|"code":|expected \w+, received|SyntaxError|is not a function|Cannot read propert|is not iterable|\[object Object\]/;

/** `BUNDLES=5000` plays more. */
const bundlesTold = Number(process.env['BUNDLES'] ?? 440);

it('No mutated bundle prints a validator’s own words', async () => {
  const random = seededRandom(20);
  const printed: string[] = [];
  for (let at = 0; at < bundlesTold; at += 1) {
    const text = bundles[Math.floor(random.next() * bundles.length)] ?? '';
    const mutated = mutatedText(text, random);
    const document = jsonOr(mutated.text);
    if (document === undefined) continue; // not JSON: the command reports the position itself
    const words = renderForPeople(await renderBundle(document, { settingsOf: bundleSettings }));
    if (raw.test(words)) printed.push(`${mutated.how}: ${words}`);
  }

  expect(printed).toEqual([]);
});

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
