import type { KnownSecret } from '../kernel/redaction/known-secret.ts';
import type { Conceal } from '../run/ports/conceal.ts';
import { redactorOf, type Redactor } from '../core/plan/launch-plan.ts';
import { RuntimeError, toError } from '../kernel/errors.ts';
import { loggerOver } from '../kernel/console-logger.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Preparation, Prepared } from '../run/prepare/prepare.ts';

/** One line that the launch would have logged; `flow_run` or `worker` says whose log. */
export interface RenderedLog {
  readonly logger: 'flow_run' | 'worker';
  readonly level: 'debug' | 'info' | 'warning' | 'error';
  readonly message: string;
}

/** What a launch would send. */
export interface Rendered {
  readonly register_task_definition: JsonObject | null;
  readonly run_task: JsonObject | null;
  readonly error: { readonly name: string; readonly message: string } | null;
  readonly logs: readonly RenderedLog[];
  /**
   * The newest revision of the family, and where it differs; absent when there is none, or it is
   * used.
   */
  /** What people may see of the documents; absent when the job could not be prepared. */
  readonly redactor?: Redactor;
  readonly reuse?: { readonly taskDefinition: string; readonly differsAt: readonly string[] };
}

/** What a launch would have sent so far. */
export interface Sent {
  registered: JsonObject | undefined;
  /** What the command keeps secret itself: a server may repeat it. */
  readonly own: readonly KnownSecret[];
  redactor: Redactor | undefined;
  /** The newest revision that was looked at and is not equal, and the paths at which it differs. */
  unequal: { readonly taskDefinition: string; readonly differsAt: readonly string[] } | undefined;
}

/**
 * Follows `launch` to its RunTask request or to its error, and keeps what it would have sent and
 * logged.
 */
export async function rendered(
  launch: (sent: Sent, logs: RenderedLog[]) => Promise<JsonObject>,
  own: readonly KnownSecret[] = [],
): Promise<Rendered> {
  const logs: RenderedLog[] = [];
  const redactor = own.length === 0 ? undefined : redactorOf({ secrets: own });
  const sent: Sent = { registered: undefined, own, redactor, unequal: undefined };
  try {
    const run_task = await launch(sent, logs);
    const reuse = sent.unequal === undefined ? {} : { reuse: sent.unequal };
    return {
      register_task_definition: sent.registered ?? null,
      run_task,
      error: null,
      ...shownBy(sent, logs),
      ...reuse,
    };
  } catch (thrown) {
    const { name, message } = toError(thrown);
    return {
      register_task_definition: sent.registered ?? null,
      run_task: null,
      error: { name, message: sent.redactor?.text(message) ?? message },
      ...shownBy(sent, logs),
    };
  }
}

/** What people are told never holds a secret; the documents are what would be sent. */
function shownBy(
  { redactor }: Sent,
  logs: readonly RenderedLog[],
): Pick<Rendered, 'logs' | 'redactor'> {
  if (redactor === undefined) return { logs };
  return { logs: logs.map((log) => ({ ...log, message: redactor.text(log.message) })), redactor };
}

/** Keeps what the job turns out to keep secret, as soon as it is known. */
export function concealIn(sent: Sent): Conceal {
  return (secrets) => {
    sent.redactor = redactorOf({ secrets: [...sent.own, ...secrets] });
  };
}

/** Throws what ended the preparation. */
export function preparedOf(preparation: Preparation): Prepared {
  if (preparation.kind === 'failed') throw preparation.error;
  if (preparation.kind === 'deployment-gone') {
    throw new RuntimeError(`Deployment ${preparation.deploymentId} no longer exists.`);
  }
  return preparation.prepared;
}

/** A logger that keeps its lines, and where the definitions differed. */
export function recorder(logs: RenderedLog[], logger: string, sent: Sent): Logger {
  const whose = logger.startsWith('prefect.flow_runs') ? 'flow_run' : 'worker';
  return loggerOver((level, message, { taskDefinition, differsAt }) => {
    logs.push({ logger: whose, level, message });
    if (typeof taskDefinition !== 'string' || !Array.isArray(differsAt)) return;
    sent.unequal = { taskDefinition, differsAt: differsAt.map(String) };
  }, {});
}
