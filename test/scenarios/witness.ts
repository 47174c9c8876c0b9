import { z } from 'zod';
import type { Clock } from '../../src/kernel/clock.ts';
import type { LocalAws, TaskView } from '../../src/local/index.ts';
import type { Answer, LocalRequest } from '../../src/local/message.ts';

/** A worker's call that an invariant judges. */
export interface WitnessedCall {
  readonly atMs: number;
  readonly worker: string;
  /** The number of the worker's process, since two may share a name. */
  readonly process: number;
  readonly operation: 'StopTask' | 'RunTask' | 'ListTasks';
  /** Set for StopTask. */
  readonly taskArn: string | undefined;
  /** Set for RunTask. */
  readonly token: string | undefined;
  /** Set for RunTask, and for ListTasks when it searches by it. */
  readonly startedBy: string | undefined;
  /** Undefined without an answer, or before it. */
  status: number | undefined;
  answeredMs: number | undefined;
  /** AWS's error code when it refused the call. */
  code: string | undefined;
}

export type Proposer =
  | { readonly kind: 'process' }
  | { readonly kind: 'worker'; readonly name: string; readonly process: number };

const Input = z.looseObject({
  task: z.string().optional(),
  clientToken: z.string().optional(),
  startedBy: z.string().optional(),
});

const transition = /"transition_id":\s*"([0-9a-f-]{36})"/;
const renewed = /\/leases\/([0-9a-f-]{36})\/renew$/;
const code = /"__type":\s*"([^"]+)"/;

/** ECS forgets a task an hour after its end, so tasks must be noted more often than that. */
export const seenEveryMs = 20 * 60_000;

/**
 * Records what the world's servers do not remember: who proposed which state, which worker made
 * which task call, and the tasks that ECS has forgotten.
 */
export class Witness {
  readonly calls: WitnessedCall[] = [];
  readonly #clock: Clock;
  readonly #proposedBy = new Map<string, Proposer>();
  /** Times of renewals by lease id, in milliseconds since 1970. */
  readonly renewals = new Map<string, number[]>();
  readonly #tasks = new Map<string, TaskView>();
  #seenMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined when a user or the server itself wrote the state. */
  proposerOf(transitionId: string | null): Proposer | undefined {
    return transitionId === null ? undefined : this.#proposedBy.get(transitionId);
  }

  async prefect(
    who: Proposer,
    request: LocalRequest,
    answer: () => Promise<Answer>,
  ): Promise<Answer> {
    const lease = who.kind === 'worker' ? renewed.exec(request.url)?.[1] : undefined;
    if (lease !== undefined)
      this.renewals.set(lease, [...(this.renewals.get(lease) ?? []), this.#clock.now().getTime()]);
    if (request.url.endsWith('/set_state')) {
      const id = transition.exec(await request.text())?.[1];
      // A restored state keeps its id, and must still count as its first proposer's.
      if (id !== undefined && !this.#proposedBy.has(id)) this.#proposedBy.set(id, who);
    }
    return answer();
  }

  async aws(
    { name: worker, process }: { readonly name: string; readonly process: number },
    operation: string,
    request: LocalRequest,
    answer: () => Promise<Answer>,
  ): Promise<Answer> {
    if (operation !== 'StopTask' && operation !== 'RunTask' && operation !== 'ListTasks')
      return answer();
    const atMs = this.#clock.now().getTime();
    const input = Input.parse(JSON.parse(await request.text()));
    const { task: taskArn, clientToken: token, startedBy } = input;
    const open = { status: undefined, answeredMs: undefined, code: undefined };
    const call: WitnessedCall = {
      atMs,
      worker,
      process,
      operation,
      taskArn,
      token,
      startedBy,
      ...open,
    };
    this.calls.push(call);
    const answered = await answer();
    call.status = answered.status;
    call.answeredMs = this.#clock.now().getTime();
    call.code = code.exec(answered.body)?.[1];
    return answered;
  }

  /** Notes the tasks that ECS knows, if `seenEveryMs` has passed or the caller needs them now. */
  see(aws: LocalAws, isAsked = false): void {
    const nowMs = this.#clock.monotonicMs();
    if (!isAsked && nowMs - this.#seenMs < seenEveryMs) return;
    this.#seenMs = nowMs;
    for (const task of aws.tasks()) this.#tasks.set(task.taskArn, task);
  }

  tasks(aws: LocalAws): readonly TaskView[] {
    this.see(aws, true);
    return [...this.#tasks.values()];
  }
}
