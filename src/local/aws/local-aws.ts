import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import { silentLogger } from '../../kernel/logger.ts';
import type { Random } from '../../kernel/random.ts';
import { Cancelled, withTaskGroup, type TaskGroup } from '../../kernel/task-group.ts';
import { aborted, sharedAbortController } from '../../kernel/abort.ts';
import { toError } from '../../kernel/errors.ts';
import { Account } from './account.ts';
import { AwsError } from './aws-error.ts';
import type { TaskDelays } from './deps.ts';
import type { TaskExecutor } from './executor.ts';
import { operations } from './operations.ts';
import { answerCall, answerError, readCall, type AwsCall } from './wire.ts';

export interface LocalAwsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly executor: TaskExecutor;
  readonly log?: Logger;
  readonly region?: string;
  readonly account?: string;
  readonly delays?: Partial<TaskDelays>;
  readonly stoppedTaskRetentionMs?: number;
}

const defaultDelays: TaskDelays = {
  provisioning: 200,
  pending: 200,
  activating: 100,
  deactivating: 50,
  stopping: 50,
  deprovisioning: 200,
};

const defaultRetentionMs = 3_600_000;

/** What a green test on this server does not prove. */
export const notModelled =
  'not modelled: IAM, networks, image pulls, cpu and memory limits, EC2 container instances, eventual consistency, rate limits';

/** A task as tests and people see it; names of variables, never their values. */
export interface TaskView {
  readonly taskArn: string;
  readonly lastStatus: string;
  readonly desiredStatus: string;
  readonly startedBy: string | undefined;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  readonly environmentNames: readonly string[];
}

/** AWS on this machine: one request handler over in-memory accounts, on an injected clock. Disposing of it ends its tasks. */
export class LocalAws implements AsyncDisposable {
  readonly #options: LocalAwsOptions;
  readonly #accounts = new Map<string, Account>();
  readonly #calls = new Map<string, number>();
  readonly #said = new Set<string>();
  readonly #ending = sharedAbortController();
  readonly #life: Promise<void>;
  #group: TaskGroup | undefined;

  constructor(options: LocalAwsOptions) {
    this.#options = options;
    this.#life = withTaskGroup(this.#ending.signal, async (group) => {
      this.#group = group;
      await aborted(group.signal);
    });
    this.#life.catch((error: unknown) =>
      this.#log.error(`the local AWS is broken: ${toError(error).message}`),
    );
  }

  /** Answers one request of any AWS client. */
  async handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/_local/')) return this.#control(pathname);
    const { random } = this.#options;
    let call: AwsCall;
    try {
      call = await readCall(request, {
        region: this.#region,
        account: this.#options.account ?? '123456789012',
      });
    } catch (error) {
      return answerError('json', toAwsError(error), random);
    }
    const name = `${call.service}:${call.operation}`;
    this.#calls.set(name, (this.#calls.get(name) ?? 0) + 1);
    try {
      const operation = operations[name];
      if (operation === undefined) throw this.#unknownOperation(call, name);
      return answerCall(call, operation(call.input, this.#accountFor(call), call), random);
    } catch (error) {
      const awsError = toAwsError(error);
      if (awsError.status >= 500) this.#log.error(`${name} failed: ${toError(error).stack ?? ''}`);
      return answerError(call.protocol, awsError, random);
    }
  }

  /** How often each operation was called: `ecs:RunTask` and so on. */
  callCounts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#calls);
  }

  tasks(): readonly TaskView[] {
    return [...this.#accounts.values()].flatMap((account) =>
      account.tasks.all.map((task) => ({
        taskArn: task.arn,
        lastStatus: task.lastStatus,
        desiredStatus: task.desiredStatus,
        startedBy: task.input.startedBy,
        tags: task.tags,
        environmentNames: (task.input.overrides?.containerOverrides ?? []).flatMap((container) =>
          (container.environment ?? []).map((variable) => variable.name ?? ''),
        ),
      })),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Cancelled('the local AWS ends'));
    await this.#options.executor[Symbol.asyncDispose]();
    await this.#life;
  }

  get #log(): Logger {
    return this.#options.log ?? silentLogger;
  }

  get #region(): string {
    return this.#options.region ?? 'us-east-1';
  }

  #control(pathname: string): Response {
    switch (pathname) {
      case '/_local/health':
        return Response.json({ ok: true });
      case '/_local/calls':
        return Response.json(this.callCounts());
      case '/_local/tasks':
        return Response.json(this.tasks());
      default:
        return Response.json({ message: `nothing at ${pathname}` }, { status: 404 });
    }
  }

  #accountFor(call: AwsCall): Account {
    const key = `${call.account}/${call.region}`;
    const known = this.#accounts.get(key);
    if (known !== undefined) return known;
    const { clock, random, executor, delays, stoppedTaskRetentionMs } = this.#options;
    const account = new Account(call.account, call.region, {
      clock,
      random,
      executor,
      log: this.#log,
      delays: { ...defaultDelays, ...delays },
      stoppedTaskRetentionMs: stoppedTaskRetentionMs ?? defaultRetentionMs,
      spawn: (name, work) => this.#group?.spawn(name, work),
    });
    this.#accounts.set(key, account);
    return account;
  }

  #unknownOperation(call: AwsCall, name: string): AwsError {
    if (!this.#said.has(name)) {
      this.#said.add(name);
      this.#log.warning(`${name} is not known to the local AWS`);
    }
    return call.protocol === 'json'
      ? new AwsError('UnknownOperationException', `The operation ${name} is not known to the local AWS.`)
      : new AwsError('InvalidAction', `The action ${call.operation} is not valid for this web service.`);
  }
}

function toAwsError(thrown: unknown): AwsError {
  if (thrown instanceof AwsError) return thrown;
  return new AwsError('ServerException', toError(thrown).message, { status: 500 });
}
