import { toError } from '../../kernel/errors.ts';
import type { ClaimedTask } from './claimed-task.ts';
import type { ContainerOutput, OutputLocation } from './container-output.ts';
import type { RunPorts } from '../run-context.ts';
import type { OpenOutput } from '../ports/output-streams.ts';

export type StreamPorts = Pick<RunPorts, 'outputs' | 'showOutput' | 'clock' | 'workerLog'>;

export interface Streamed extends OpenOutput {
  /** Called when the container runs and may begin to log. */
  readonly begin: () => void;
}

const nothing: Streamed = {
  begin: () => undefined,
  finish: () => Promise.resolve(false),
  letGo: () => undefined,
};

/**
 * Streams the output of a task whose job has `stream_output`; does nothing for other tasks
 * (worker.md 9.4).
 */
export function streamOutput(task: ClaimedTask, ports: StreamPorts): Streamed {
  if (!task.output.isStreamed) return nothing;
  const over = new AbortController();
  let opened: Promise<OpenOutput | undefined> | undefined;
  const begin = (): void => {
    opened ??= open(task, ports, over.signal);
  };
  return {
    begin,
    finish: async (signal) => {
      begin(); // it may have started and stopped between two looks
      return (await (await opened)?.finish(signal)) ?? false;
    },
    letGo: () => {
      over.abort(new Error('the task is no longer followed'));
      void opened?.then((output) => output?.letGo());
    },
  };
}

/** Never rejects: output that cannot be shown must not cost the run. */
async function open(
  task: ClaimedTask,
  ports: StreamPorts,
  signal: AbortSignal,
): Promise<OpenOutput | undefined> {
  const { run, output, containerName } = task;
  const since = sinceWhen(output.from, ports);
  let location: OutputLocation;
  try {
    location = await output.locate(signal);
  } catch (error) {
    if (!signal.aborted)
      run.log.warning(`Cannot stream the task's output: ${toError(error).message}`);
    return undefined;
  }
  if (location.kind === 'unreadable') {
    run.log.warning(location.warning);
    if (location.whereabouts !== undefined) run.log.info(location.whereabouts);
    return undefined;
  }
  ports.workerLog.info(`Streaming output from container '${containerName}'...`);
  return ports.outputs.open({
    from: location,
    everyMs: task.pollIntervalSeconds * 1000,
    since,
    show: ports.showOutput(run.flowRun),
    log: run.log,
  });
}

function sinceWhen(
  from: ContainerOutput['from'],
  { clock }: Pick<StreamPorts, 'clock'>,
): Date | undefined {
  if (from === 'start') return undefined;
  return new Date(clock.now().getTime() - (from === 'now' ? 0 : from.agoMs));
}
