import type { Command } from '@commander-js/extra-typings';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { WorkerStartFlags } from '../worker/worker-start-flags.ts';
import type { CommandContext } from '../command-context.ts';

/**
 * Adds `worker start` with the flags of `prefect worker start`, so that a deployment of the Python
 * worker needs no new command line (prefect-api.md 8.1).
 */
export function addWorkerCommand(
  program: Command<[], { debug?: true }>,
  context: CommandContext,
  finish: (exitCode: number) => void,
): void {
  program
    .command('worker')
    .description('start a worker')
    .command('start')
    .description('Polls a work pool for scheduled flow runs and starts each as an ECS task.')
    .requiredOption('-p, --pool <name>', 'work pool to poll')
    .option('-n, --name <name>', "name of this worker (default: 'ECSWorker <uuid>')")
    .addOption(
      new Option('-q, --work-queue <name>', 'work queue to poll; repeatable')
        // the element type of an empty list cannot be inferred
        .default([] as readonly string[], 'all queues of the pool')
        .argParser((name: string, all: readonly string[]) => [...all, name]),
    )
    .option('-t, --type <type>', "worker type; must be 'ecs' (default: the type of the pool)")
    .option('-l, --limit <n>', 'maximum number of tasks running at once', wholeNumberFrom(1))
    .option(
      '--prefetch-seconds <n>',
      'how many seconds before its scheduled time a run is submitted',
      wholeNumberFrom(0),
    )
    .option('--run-once', 'poll once, wait until those runs end, then exit')
    .option(
      '--base-job-template <file>',
      'JSON file with the base job template for a pool that this worker creates',
    )
    .option('--create-pool-if-not-found', 'create the work pool if it does not exist', true)
    .option('--no-create-pool-if-not-found', 'if the work pool does not exist, wait for it')
    .action(async (flags) => {
      const { startWorker } = await import('../worker/start-worker.ts');
      const given: WorkerStartFlags = {
        pool: flags.pool,
        name: flags.name,
        workQueue: flags.workQueue,
        type: flags.type,
        limit: flags.limit,
        prefetchSeconds: flags.prefetchSeconds,
        runOnce: flags.runOnce ?? false,
        createPoolIfNotFound: flags.createPoolIfNotFound,
        baseJobTemplate: flags.baseJobTemplate,
        debug: program.opts().debug ?? false,
      };
      finish(await startWorker(given, context));
    });
}

function wholeNumberFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least) {
      throw new InvalidArgumentError(`Give a whole number, at least ${least}.`);
    }
    return value;
  };
}
