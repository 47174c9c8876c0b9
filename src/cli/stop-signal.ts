import { Cancelled } from '../kernel/task-group.ts';
import { sharedAbortController } from '../kernel/abort.ts';
import type { CommandContext } from './command-context.ts';

/** Aborts at the first SIGINT or SIGTERM, for commands that have nothing to finish. */
export function stopSignal(context: CommandContext): Disposable & { readonly signal: AbortSignal } {
  const controller = sharedAbortController();
  const listening = context.onStopSignal((name) =>
    controller.abort(new Cancelled(`stopped by ${name}`)),
  );
  return { signal: controller.signal, [Symbol.dispose]: () => listening[Symbol.dispose]() };
}
