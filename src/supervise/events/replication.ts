import {
  relatedResources,
  placeIn,
  tagsOfRun,
  flowRunIdTag,
  type TaskTags,
} from '../../core/events/related-resources.ts';
import { taskStateEvent, type ToldEvent } from '../../core/events/task-state-event.ts';
import type { TaskEvent } from '../../core/events/task-event-message.ts';
import type { EcsTask } from '../../core/task/task.ts';
import type { PrefectEvent } from '../../core/prefect/event.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import type { JobReads } from '../../run/shared/cached-reads.ts';
import type { RunPorts } from '../../run/run-context.ts';

export interface ReplicationPorts extends Pick<RunPorts, 'flowRuns' | 'workPool' | 'worker'> {
  readonly clock: Clock;
  readonly log: Logger;
  readonly reads: Pick<JobReads, 'flow' | 'deployment'>;
  /** Sends the event, or counts it as lost. Never waits. */
  readonly emit: (event: PrefectEvent) => void;
}

/** The run that a task belongs to, as far as it is known without a call. */
export type TaskOwner =
  /** This worker holds the run. */
  | { readonly kind: 'ours'; readonly flowRun: FlowRun; readonly workerName: string }
  | { readonly kind: 'tagged'; readonly tags: TaskTags }
  | { readonly kind: 'run'; readonly flowRunId: string };

const rememberedTasks = 10_000;
const rememberedNames = 1_000;
const rememberedRuns = 5_000;

/**
 * Sends every change of a task to Prefect as an event. It has the id of AWS's event, so that a
 * message delivered twice adds nothing (worker.md 10.6). It must never change a run's state.
 */
export class Replication {
  readonly #ports: ReplicationPorts;
  readonly #told = new LruMap<string, ToldEvent>(rememberedTasks);
  readonly #flowNames = new LruMap<string, string>(rememberedNames);
  readonly #deploymentNames = new LruMap<string, string>(rememberedNames);
  /**
   * Tags of tasks that this worker does not follow. The tags of followed tasks are known without a
   * call.
   */
  readonly #tagsOfOthers = new LruMap<string, TaskTags>(rememberedRuns);

  constructor(ports: ReplicationPorts) {
    this.#ports = ports;
  }

  /**
   * Rejects when Prefect cannot be read for the names that the event needs. A failed emit is logged
   * and does not reject.
   */
  async report({ id, occurred }: TaskEvent, task: EcsTask, owner: TaskOwner): Promise<void> {
    const { clock, log, emit, worker } = this.#ports;
    if (id === undefined) return log.debug('A task event without an id is not sent to Prefect');
    const related = relatedResources(await this.#tagsOf(task, owner), worker().prefectVersion);
    const when = occurred ?? clock.now().toISOString();
    const event = taskStateEvent(
      { id, occurred: when, task },
      related,
      this.#told.get(task.taskArn),
    );
    this.#told.set(task.taskArn, { id, occurredMs: Date.parse(when), follows: event.follows });
    try {
      emit(event);
    } catch (error) {
      log.error(`Error emitting event ${id}`, { error: toError(error).message });
    }
    return undefined;
  }

  async #tagsOf(task: EcsTask, owner: TaskOwner): Promise<TaskTags> {
    switch (owner.kind) {
      case 'tagged':
        return owner.tags;
      case 'ours': {
        const { id, name } = this.#ports.workPool();
        return this.#tagsOfRun(owner.flowRun, {
          workPool: { id, name },
          workerName: owner.workerName,
        });
      }
      case 'run': {
        const known = this.#tagsOfOthers.get(task.taskArn);
        if (known !== undefined) return known;
        const { flowRun } = await this.#ports.flowRuns.read(owner.flowRunId);
        const tags =
          flowRun === undefined
            ? { [flowRunIdTag]: owner.flowRunId } // deleted, or a run of another Prefect server
            : await this.#tagsOfRun(flowRun, placeIn(flowRun));
        this.#tagsOfOthers.set(task.taskArn, tags);
        return tags;
      }
    }
  }

  async #tagsOfRun(
    flowRun: FlowRun,
    place: Pick<Parameters<typeof tagsOfRun>[0], 'workPool' | 'workerName'>,
  ): Promise<TaskTags> {
    const { reads } = this.#ports;
    const { flowId, deploymentId } = flowRun;
    const [flowName, deploymentName] = await Promise.all([
      nameOf(flowId, this.#flowNames, (id) => reads.flow(id)),
      nameOf(deploymentId, this.#deploymentNames, (id) => reads.deployment(id)),
    ]);
    return tagsOfRun({ flowRun, flowName, deploymentName, ...place });
  }
}

async function nameOf(
  id: string | undefined,
  known: LruMap<string, string>,
  read: (id: string) => Promise<{ readonly name: string } | undefined>,
): Promise<string | undefined> {
  if (id === undefined) return undefined;
  const name = known.get(id) ?? (await read(id))?.name ?? '';
  known.set(id, name); // also remembers that there is none: a deleted object does not come back
  return name === '' ? undefined : name;
}
