import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { pythonDiagnosis } from '../../src/core/events/python-diagnosis.ts';
import { afterProposal, stoppedTaskVerdict } from '../../src/core/events/stopped-task.ts';
import { TaskEventDetail } from '../../src/core/events/task-event.ts';
import { State } from '../../src/core/prefect/state.ts';
import { casesOf } from './cases.ts';

const Level = z.enum(['ERROR', 'WARNING']);

const Diagnose = z.looseObject({
  input: z.object({ operation: z.literal('diagnose'), detail: z.unknown() }),
  expect: z.object({
    value: z.object({ level: Level, summary: z.string(), detail: z.string() }).nullable(),
  }),
});

const Stopped = z.looseObject({
  input: z.object({
    operation: z.literal('stopped'),
    detail: z.unknown(),
    flow_run: z.looseObject({ state: State }).nullable(),
    proposal_refused: z.boolean(),
  }),
  expect: z.object({
    crash: z.object({ message: z.string(), refused: z.boolean() }).nullable(),
    log: z.object({ level: Level, starts_with: z.string() }).nullable(),
    forward_logs_of: z.object({ container: z.string().nullable() }).nullable(),
  }),
});

const all = casesOf(
  'diagnosis',
  z.looseObject({ input: z.looseObject({ operation: z.string() }) }),
);
const diagnose = casesOf('diagnosis', z.unknown()).flatMap((one) => parsed(Diagnose, one));
const stopped = casesOf('diagnosis', z.unknown()).flatMap((one) => parsed(Stopped, one));

function parsed<T extends z.ZodType>(
  schema: T,
  one: { readonly id: string },
): [string, z.output<T>][] {
  const result = schema.safeParse(one);
  return result.success ? [[one.id, result.data]] : [];
}

describe('A vector of diagnosis', () => {
  it('belongs to one of the two kinds that are read', () => {
    expect(diagnose.length + stopped.length).toBe(all.length);
  });

  it.each(diagnose)('holds: %s', (_id, { input, expect: { value } }) => {
    const diagnosis = pythonDiagnosis(TaskEventDetail.parse(input.detail));

    expect(
      diagnosis === undefined
        ? null
        : {
            level: diagnosis.level.toUpperCase(),
            summary: diagnosis.summary,
            detail: diagnosis.detail,
          },
    ).toEqual(value);
  });

  it.each(stopped)('of a stopped task holds: %s', (_id, { input, expect: expected }) => {
    // The vectors have neither claims nor a worker that ends Cancelling runs.
    const flowRun = input.flow_run && {
      stateType: input.flow_run.state.type,
      isOfOlderClaim: false,
      isCancelledElsewhere: false,
    };
    const verdict = stoppedTaskVerdict(TaskEventDetail.parse(input.detail), flowRun ?? undefined);
    const { crashMessage, log, forwardLogsOf } = afterProposal(verdict, input.proposal_refused);

    expect(crashMessage ?? null).toBe(expected.crash?.message ?? null);
    expect(log?.level.toUpperCase() ?? null).toBe(expected.log?.level ?? null);
    expect(log?.line ?? '').toSatisfy((line: string) =>
      line.startsWith(expected.log?.starts_with ?? ''),
    );
    expect(forwardLogsOf && { container: forwardLogsOf.container ?? null }).toEqual(
      expected.forward_logs_of ?? undefined,
    );
  });
});
