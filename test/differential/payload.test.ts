import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bundleSettings } from '../../src/cli/render/bundle-settings.ts';
import { renderBundle } from '../../src/render/bundle.ts';
import { cases, seed } from './amount.ts';
import { drawnBundle, type DrawnBundle } from './bundles.ts';
import { differencesBetween, isDocument } from './differences.ts';
import { errorsAgree, explanationOf, payloadDecisions, type Failure } from './ours.ts';
import { inPythonsWords } from './in-pythons-words.ts';
import { startReference, type Reference } from './reference.ts';
import { retrievedAs } from './retrieved.ts';

/** The Python worker sends its calls to whatever endpoint a job variable names, and makes dashes of a tag's blanks. */
const settingsLikePython: typeof bundleSettings = (worker) =>
  bundleSettings({
    ...worker,
    environment: {
      ...worker.environment,
      PREFECT_ECS_ALLOWED_AWS_ENDPOINTS: '*',
      PREFECT_ECS_TAG_BLANKS: 'dash',
    },
  });

type Document = Readonly<Record<string, unknown>>;

const Payload = z.object({
  register_task_definition: z.record(z.string(), z.unknown()).nullable(),
  run_task: z.record(z.string(), z.unknown()).nullable(),
  error: z.object({ name: z.string(), message: z.string() }).nullable(),
  asked_for: z
    .object({
      request: z.record(z.string(), z.unknown()),
      definition: z.record(z.string(), z.unknown()),
      unset: z.array(z.string()),
    })
    .nullable()
    .optional(),
});
type Payload = z.infer<typeof Payload>;

/** Differences that no decision explains, one a line. */
function unexplained(python: Payload, ours: Payload, used: Set<string>): readonly string[] {
  if (!errorsAgree(python.error, ours.error)) {
    return [`Python: ${told(python.error)}; ours: ${told(ours.error)}`];
  }
  if (python.error !== null || ours.error !== null) return [];
  const context = {
    unset: python.asked_for?.unset ?? [],
    request: python.asked_for?.request ?? null,
    definition: python.asked_for?.definition ?? null,
    pythonRequest: python.run_task,
    pythonDefinition: python.register_task_definition,
    oursDefinition: ours.register_task_definition,
  };
  const differences = [
    ...differencesBetween(python.register_task_definition, ours.register_task_definition, '/definition'),
    ...differencesBetween(python.run_task, ours.run_task, '/run_task'),
  ];
  return differences.flatMap((difference) => {
    const decision = explanationOf(difference, context);
    if (decision !== undefined) used.add(decision.rule + decision.reason);
    return decision === undefined
      ? [`${difference.path}: Python ${short(difference.python)}, ours ${short(difference.ours)}`]
      : [];
  });
}

function told(failure: Failure | null): string {
  return failure === null ? 'launched' : `${failure.name}: ${failure.message.slice(0, 200)}`;
}

function short(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 120) ?? 'nothing';
}

/** Our token and `startedBy` are additions that the vectors leave out as well. */
async function renderOurs(bundle: Document): Promise<Payload> {
  const rendered = Payload.parse(
    await renderBundle(structuredClone(bundle), { settingsOf: settingsLikePython }),
  );
  if (rendered.run_task === null) return rendered;
  const { clientToken: _token, startedBy: _startedBy, ...run_task } = rendered.run_task;
  return { ...rendered, run_task };
}

/** The launch after one that registered `definition`: AWS now has it, in the drawn form. */
function secondLaunch({ bundle, again }: DrawnBundle, definition: Document): Document {
  const aws = isDocument(bundle['aws']) ? bundle['aws'] : {};
  const known = Array.isArray(aws['task_definitions']) ? aws['task_definitions'] : [];
  const retrieved = retrievedAs(again, definition);
  return {
    ...bundle,
    cached_task_definition_arn: retrieved['taskDefinitionArn'],
    aws: { ...aws, task_definitions: [...known, retrieved] },
  };
}

describe('payloads of the Python worker and ours', () => {
  let reference: Reference;
  beforeAll(() => {
    reference = startReference();
  });
  afterAll(() => reference[Symbol.asyncDispose]());

  it(`are equal but for our decisions, in ${cases} drawn launches (seed ${seed})`, async () => {
    const used = new Set<string>();
    let launches = 0;
    await fc.assert(
      fc.asyncProperty(drawnBundle, async (drawn) => {
        const compare = async (bundle: Document): Promise<Payload> => {
          const python = Payload.parse(
            await reference.ask({ operation: 'render', bundle: inPythonsWords(bundle) }),
          );
          const ours = await renderOurs(bundle);
          expect(unexplained(python, ours, used)).toEqual([]);
          if (python.error === null) launches += 1;
          return ours;
        };
        const { register_task_definition: registered } = await compare(drawn.bundle);
        if (registered !== null && drawn.again !== 'nothing') await compare(secondLaunch(drawn, registered));
      }),
      { numRuns: cases, seed },
    );
    console.warn(`${launches} launches of ${cases} cases went through in Python`);
    expect(launches).toBeGreaterThan(cases / 3);
    const dead = payloadDecisions.filter(({ rule, reason }) => !used.has(rule + reason));
    expect(
      dead.map(({ rule }) => rule),
      'decisions that explain nothing',
    ).toEqual([]);
  });
});
