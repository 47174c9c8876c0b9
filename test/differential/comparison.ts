import { z } from 'zod';
import { settingsLikePython } from '../recorded/settings-like-python.ts';
import { renderBundle } from '../../src/render/bundle.ts';
import { differencesBetween } from './differences.ts';
import { inPythonsWords } from './in-pythons-words.ts';
import { errorsAgree, explanationOf, type Failure } from './ours.ts';
import type { Reference } from './reference.ts';
import { aWire } from './wire.ts';

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
export type Payload = z.infer<typeof Payload>;

/** The differences that no decision explains, one per line. */
function unexplained(python: Payload, ours: Payload, used: Set<string>): readonly string[] {
  const unset = python.asked_for?.unset ?? [];
  if (!errorsAgree(python.error, ours.error, unset)) {
    return [`Python: ${told(python.error)}; ours: ${told(ours.error)}`];
  }
  if (python.error !== null || ours.error !== null) return [];
  const context = {
    unset,
    request: python.asked_for?.request ?? null,
    definition: python.asked_for?.definition ?? null,
    pythonRequest: python.run_task,
    pythonDefinition: python.register_task_definition,
    oursDefinition: ours.register_task_definition,
  };
  const differences = [
    ...differencesBetween(
      python.register_task_definition,
      ours.register_task_definition,
      '/definition',
    ),
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

const wire = aWire();

/**
 * Renders the bundle and returns what our AWS client sends. Without a claim there is neither a
 * token nor `startedBy`.
 */
async function renderOurs(bundle: Document): Promise<Payload> {
  const rendered = await renderBundle(structuredClone(bundle), { settingsOf: settingsLikePython });
  const { register_task_definition: definition, run_task: request } = rendered;
  return Payload.parse({
    ...rendered,
    register_task_definition:
      definition && JSON.parse(await wire.registerTaskDefinition(definition)),
    run_task: request && JSON.parse(await wire.runTask(request)),
  });
}

/** Plays one launch on both sides at once and returns the differences. */
export async function compareLaunch(
  reference: Reference,
  bundle: Document,
  used: Set<string>,
): Promise<{
  readonly python: Payload;
  readonly ours: Payload;
  readonly differences: readonly string[];
}> {
  const asked = reference.ask({ operation: 'render', bundle: inPythonsWords(bundle) });
  const ours = await renderOurs(bundle);
  const python = Payload.parse(await asked);
  return { python, ours, differences: unexplained(python, ours, used) };
}
