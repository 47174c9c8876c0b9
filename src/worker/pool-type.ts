import { typeMismatch, type PoolView } from './sync.ts';
import type { WorkerOptions, WorkerPorts } from './worker-ports.ts';

const readinessKey = 'pool type';

/**
 * A recreated pool may belong to another kind of worker. While its type is not `ecs`, none of its
 * runs is claimed or adopted; runs that this worker holds are followed to their end.
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
