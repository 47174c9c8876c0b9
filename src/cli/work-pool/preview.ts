import type { FlowRun } from '../../core/prefect/flow-run.ts';
import { composeLookUps } from '../../service/compose-look-ups.ts';
import { stopSignal } from '../stop-signal.ts';
import { jsonTextOf } from '../../kernel/written-numbers.ts';
import { printTable } from '../table.ts';
import { CommandError, type CommandContext } from '../command-context.ts';

/** Prints the runs that a poll of the pool would return, newest first, like Prefect's command. */
export async function previewWorkPool(
  asked: { readonly name: string; readonly hours: number | undefined; readonly asJson: boolean },
  context: CommandContext,
): Promise<number> {
  using stop = stopSignal(context);
  await using lookUps = await composeLookUps(context, 'preview');
  const { prefect, clock } = lookUps;
  if ((await prefect.readWorkPool(asked.name, stop.signal)) === undefined) {
    throw new CommandError(`Work pool '${asked.name}' not found.`);
  }
  const { runs: scheduled } = await prefect.readScheduledFlowRuns(
    {
      workPoolName: asked.name,
      workQueueNames: [],
      scheduledBefore:
        asked.hours === undefined
          ? undefined
          : new Date(clock.now().getTime() + asked.hours * 3_600_000),
    },
    stop.signal,
  );
  const runs = scheduled
    .map(({ flowRun }) => flowRun)
    .sort((one, other) => createdAt(other) - createdAt(one));
  if (asked.asJson) {
    context.out.write(
      `${jsonTextOf(
        runs.map((run) => run.document.fields),
        2,
      )}\n`,
    );
  } else if (runs.length === 0) {
    context.out.write(
      'No runs found - try increasing how far into the future you preview with the --hours flag\n',
    );
  } else {
    printTable(
      context.out,
      ['Scheduled Start Time', 'Run ID', 'Name', 'Deployment ID'],
      runs.map((run) => [timeOf(run, clock.now()), run.id, run.name, run.deploymentId ?? 'None']),
    );
    context.out.write('(**) denotes a late run\n');
  }
  return 0;
}

function createdAt(run: FlowRun): number {
  return new Date(String(run.document.fields['created'])).getTime();
}

function timeOf(run: FlowRun, now: Date): string {
  const expected = run.document.fields['expected_start_time'];
  if (typeof expected !== 'string') return 'None';
  return new Date(expected) < now ? `${expected} (**)` : expected;
}
