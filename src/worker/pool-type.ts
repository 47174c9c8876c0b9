import { typeMismatch, type PoolView } from './sync.ts';
import type { WorkerOptions, WorkerPorts } from './worker-ports.ts';

const readinessKey = 'pool type';

/**
 * A pool that is deleted and made again may be one of another kind of worker: nothing of it is
 * claimed or taken over until it is of type `ecs` again. Runs in hand are followed to their end.
 */
export function tellTypeChanges(
  view: PoolView,
  { log, readiness }: Pick<WorkerPorts, 'log' | 'readiness'>,
  { workPoolName }: Pick<WorkerOptions, 'workPoolName'>,
): void {
  view.whenTypeChanges((type) => {
    if (!view.isForeign) return readiness.unblock(readinessKey);
    log.warning(typeMismatch(type));
    readiness.block(
      readinessKey,
      `Work pool '${workPoolName}' now has type '${type}': this worker starts none of its runs. ` +
        "Recreate it with type 'ecs', or stop this worker.",
    );
  });
}
