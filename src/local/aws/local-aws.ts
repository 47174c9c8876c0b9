import type { Answer, LocalRequest } from '../message.ts';
import type { Logger } from '../../kernel/logger.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { Cancelled } from '../../kernel/task-group.ts';
import { toError } from '../../kernel/errors.ts';
import { Account } from './account.ts';
import { randomOf } from './account-seed.ts';
import { Agenda } from './agenda.ts';
import { AwsError } from './wire/aws-error.ts';
import { AwsFaults } from './faults/aws-faults.ts';
import { CallLog, type LoggedCall } from './call-log.ts';
import { Capacity } from './capacity/capacity.ts';
import { answerControl } from './control.ts';
import { allAtOnce } from './deps.ts';
import { awsWords } from './faults/fault-words.ts';
import type { LocalAwsOptions } from './local-aws-options.ts';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';
import type { StopRequest } from './ecs/stop-request.ts';
import { isLive, type Task } from './ecs/task.ts';
import { defaultDelays } from './ecs/task-delays.ts';
import { Sessions } from './sts/sts.ts';
import { taskView, type TaskView } from './ecs/task-view.ts';
import { KeyRing } from './wire/key-ring.ts';
import {
  answerCall,
  answerError,
  protocolOf,
  readCall,
  type AwsCall,
  type WireDefaults,
} from './wire/wire.ts';

const defaultAccount = '123456789012';
const defaultRegion = 'us-east-1';

/**
 * AWS on this machine: one request handler over in-memory accounts, on an injected clock.
 *
 * Reading order:
 * - `handle` is the way of a request: `wire/` reads and verifies the call, `rate-limits.ts` and
 *   `faults/` may refuse it, `operations.ts` finds the function that answers.
 * - `account.ts` holds one account in one region: `ecs/` (tasks, definitions, clusters),
 *   `capacity/`, `sqs/`, `events/`, `logs/`. `sts/` and `ec2/` answer beside it.
 * - `ecs/task-life.ts` takes one task from PROVISIONING to STOPPED; an `ecs/executor.ts` runs its
 *   containers.
 * - `agenda.ts` is the only timer: everything that happens later is an entry there.
 *
 * State: `#accounts` by account and region, `#agenda`, `#sessions` (temporary keys), `#calls` (log
 * and counts), `faults` and `capacity`, which tests change. Disposing of it ends its tasks. It must
 * use no clock and no random source but those it is given, or simulations could not be repeated.
 */
export class LocalAws implements AsyncDisposable {
  readonly faults: AwsFaults;
  readonly capacity: Capacity;
  readonly #options: LocalAwsOptions;
  readonly #seed: number;
  readonly #agenda: Agenda;
  readonly #accounts = new Map<string, Account>();
  readonly #calls: CallLog;
  readonly #sessions: Sessions;
  readonly #keys: KeyRing | undefined;
  readonly #wire: WireDefaults;
  readonly #said = new Set<string>();
  readonly #ending = new AbortController();
  readonly #life: Promise<void>;

  constructor(options: LocalAwsOptions) {
    const { clock, random } = options;
    this.#options = options;
    this.#seed = Math.floor(random.next() * 2 ** 32);
    this.#calls = new CallLog(options.keepCalls ?? 0);
    this.faults = new AwsFaults(clock, random);
    this.capacity = new Capacity((account, region) => this.accountAt(account, region));
    this.#agenda = new Agenda(clock);
    this.#sessions = new Sessions(clock, options.keys === undefined ? undefined : random);
    this.#keys = options.keys && new KeyRing(options.keys, (key) => this.#sessions.secretOf(key));
    this.#wire = {
      region: options.region ?? defaultRegion,
      account: options.account ?? defaultAccount,
      callerOf: (key, token, protocol) => this.#sessions.callerOf(key, token, protocol),
      admit: (request, body, protocol) => this.#keys?.admit(request, body, protocol, clock.now()),
    };
    this.#life = this.#agenda.run(this.#ending.signal);
    this.#life.catch((error: unknown) =>
      this.#log.error(`the local AWS failed: ${toError(error).message}`),
    );
  }

  /** Answers one request of any AWS client. Throws Disconnect if a fault resets the connection. */
  async handle(request: LocalRequest): Promise<Answer> {
    const answer = await this.#handle(request);
    return answer.dated(this.#options.clock.now());
  }

  async #handle(request: LocalRequest): Promise<Answer> {
    if (new URL(request.url).pathname.startsWith('/_local/'))
      return answerControl(request, this, this.#keys);
    let call: AwsCall;
    try {
      call = await readCall(request, this.#wire);
    } catch (error) {
      const unread = { protocol: protocolOf(request), service: '' };
      return answerError(unread, toAwsError(error), this.#options.random);
    }
    const name = `${call.service}:${call.operation}`;
    this.#calls.count(name);
    return this.#logged(call, name, () => this.#answer(call, name, request.signal));
  }

  /** How often each operation was called, by names such as `ecs:RunTask`. */
  callCounts(): Readonly<Record<string, number>> {
    return this.#calls.counts;
  }

  /** The latest calls with their answers, up to `keepCalls`. */
  calls(): readonly LoggedCall[] {
    return this.#calls.calls;
  }

  tasks(): readonly TaskView[] {
    return this.#allTasks().map(taskView);
  }

  /** Tasks that have not stopped. */
  runningTasks(): readonly TaskView[] {
    return this.#allTasks()
      .filter((task) => isLive(task.state))
      .map(taskView);
  }

  /** Loses the answer of this share of the calls, after the work is done. */
  loseAnswers(operation: string, probability: number): Disposable {
    return this.faults.add({ operation, fault: { kind: 'reset-after' }, probability });
  }

  /** Stops a task as AWS does, with its stop code and reason. */
  stopTaskAs(taskArn: string, request: StopRequest): void {
    this.#withTask(taskArn, (task, account) => account.tasks.stopAs(task, request));
  }

  /** Sends the Spot notice now and the interruption two minutes later. */
  interruptTask(taskArn: string): void {
    this.#withTask(taskArn, (task, account) => account.tasks.life(task)?.interrupt());
  }

  /** ECS forgets a task: MISSING, and no event. */
  vanishTask(taskArn: string): void {
    this.#withTask(taskArn, (task, account) => account.tasks.life(task)?.vanish());
  }

  /** The host of a task dies, and no exit code is known. */
  loseHostOf(taskArn: string): void {
    this.#withTask(taskArn, (task, account) => account.tasks.life(task)?.loseHost());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Cancelled('the local AWS is closing'));
    await this.#options.executor[Symbol.asyncDispose]();
    await this.#life;
  }

  /** @internal An account in a region. Defaults come from the options. */
  accountAt(id = this.#wire.account, region = this.#wire.region) {
    const key = `${id}/${region}`;
    const known = this.#accounts.get(key);
    if (known !== undefined) return known;
    const { clock, executor, delays, consistency, ...options } = this.#options;
    const random = randomOf(this.#seed, key);
    const account = new Account(
      id,
      region,
      {
        clock,
        random,
        faultRandom: options.faultSeed === undefined ? random : randomOf(options.faultSeed, key),
        agenda: this.#agenda,
        executor,
        log: this.#log,
        delays: { ...defaultDelays, ...delays },
        consistency: { ...allAtOnce, ...consistency },
        keepsHistory: () => (consistency?.staleMs ?? 0) > 0 || this.faults.calls.areStale,
        stoppedTaskRetentionMs: options.stoppedTaskRetentionMs ?? 3_600_000,
        registrationMs: options.registrationMs ?? 0,
        provisioningTimeoutMs: options.provisioningTimeoutMs ?? 900_000,
        clusters: options.clusters ?? [],
        network: options.network,
        fargate: this.capacity,
        provisioningQuota: () => this.capacity.provisioningQuota,
        taskFaults: this.faults.tasks,
        eventFaults: this.faults.events,
        logFaults: this.faults.logs,
        sessions: this.#sessions,
      },
      options.rateLimits === true,
    );
    this.#accounts.set(key, account);
    return account;
  }

  get #log(): Logger {
    return this.#options.log ?? silentLogger;
  }

  async #answer(call: AwsCall, name: string, signal: AbortSignal): Promise<Answer> {
    const account = this.accountAt(call.account, call.region);
    const { random, faultRandom } = account.deps;
    const work = async (staleMs: number): Promise<Answer> => {
      try {
        account.limits?.charge(name);
        const output = await this.#operation(call, name)(call.input, account, {
          call,
          staleMs,
          signal,
        });
        return answerCall(call, output, random);
      } catch (error) {
        const awsError = toAwsError(error);
        if (awsError.status >= 500)
          this.#log.error(`${name} failed: ${toError(error).stack ?? ''}`);
        return answerError(call, awsError, random);
      }
    };
    return this.faults.calls.over(name, awsWords(call, random), signal, work, faultRandom);
  }

  async #logged(call: AwsCall, operation: string, answer: () => Promise<Answer>): Promise<Answer> {
    if (!this.#calls.isKept) return answer();
    const { account, region, input } = call;
    const atMs = this.#options.clock.now().getTime();
    const add = (given: LoggedCall['answer']): void =>
      this.#calls.add({ atMs, account, region, operation, input, answer: given });
    try {
      const response = await answer();
      add({ status: response.status, body: response.body });
      return response;
    } catch (error) {
      add(undefined);
      throw error;
    }
  }

  #operation(call: AwsCall, name: string): Operation {
    const operation = operations[name];
    if (operation !== undefined) return operation;
    if (!this.#said.has(name)) {
      this.#said.add(name);
      this.#log.warning(`the local AWS does not support ${name}`);
    }
    throw call.protocol === 'json'
      ? new AwsError(
          'UnknownOperationException',
          `The local AWS does not support the operation ${name}.`,
        )
      : new AwsError(
          'InvalidAction',
          `The action ${call.operation} is not valid for this web service.`,
        );
  }

  #allTasks(): readonly Task[] {
    return [...this.#accounts.values()].flatMap((account) => account.tasks.all);
  }

  #withTask(taskArn: string, use: (task: Task, account: Account) => void): void {
    for (const account of this.#accounts.values()) {
      const task = account.tasks.find(taskArn);
      if (task !== undefined) return use(task, account);
    }
    throw new RangeError(`there is no task ${taskArn}`);
  }
}

function toAwsError(thrown: unknown): AwsError {
  if (thrown instanceof AwsError) return thrown;
  return new AwsError('ServerException', toError(thrown).message, { status: 500 });
}
