import { join } from 'node:path';
import {
  LocalAws,
  notModelled,
  ProcessExecutor,
  serveOnLoopback,
  type Scenario,
} from '../../local/index.ts';
import type { CommandContext } from '../command-context.ts';
import { newAccessKey } from './dev-keys.ts';
import type { ImageEntry } from './image-table.ts';
import { loggerPrinting, type LinePrinter } from './line-printer.ts';
import type { StateFolder } from './state-folder.ts';

export interface LocalEcsOptions {
  readonly images: readonly ImageEntry[];
  readonly folder: StateFolder;
  readonly port: number;
  readonly scenario: Scenario;
  readonly context: CommandContext;
  readonly printLine: LinePrinter;
}

export interface LocalEcs extends AsyncDisposable {
  readonly url: string;
  /** The settings that any AWS client needs, with the keys. */
  readonly environment: Readonly<Record<string, string>>;
}

const region = 'us-east-1';

/** Starts the local ECS, whose tasks are processes, and serves it on 127.0.0.1, with keys. */
export async function startLocalEcs(
  options: LocalEcsOptions,
  signal: AbortSignal,
): Promise<LocalEcs> {
  const { clock, random } = options.context;
  const log = loggerPrinting(options.printLine);
  const executor = new ProcessExecutor({
    images: options.images,
    folder: join(options.folder.path, 'tasks'),
    onStarted: ({ taskId, containerName, pid }) =>
      options.folder.record(`container ${containerName} of task ${taskId}`, pid),
    clock,
    log,
  });
  const { seed, aws: rules } = options.scenario;
  const faultSeed = seed === undefined ? {} : { faultSeed: seed };
  const key = newAccessKey(random);
  const aws = new LocalAws({ clock, random, executor, region, log, keys: [key], ...faultSeed });
  aws.faults.addAll(rules);
  const server = await serveOnLoopback(
    (request) => aws.handle(request),
    { port: options.port },
    signal,
  );
  options.printLine(notModelled);
  return {
    url: server.url,
    environment: {
      AWS_ENDPOINT_URL: server.url,
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
    },
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await aws[Symbol.asyncDispose]();
    },
  };
}
