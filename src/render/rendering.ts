import type { KnownSecret } from '../kernel/redaction/known-secret.ts';
import type { Conceal } from '../run/ports/conceal.ts';
import { redactorOf, type Redactor } from '../core/plan/launch-plan.ts';
import { RuntimeError, toError } from '../kernel/errors.ts';
import { loggerOver } from '../kernel/console-logger.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Preparation, Prepared } from '../run/prepare/prepare.ts';

/** A line that the launch would log, in the log of the flow run or of the worker. */
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
   * The family's latest revision and its differences. Absent if there is none, or if it is reused.
   */
  /** Redacts the documents for people. Absent if the job could not be prepared. */
  readonly redactor?: Redactor;
  readonly reuse?: { readonly taskDefinition: string; readonly differsAt: readonly string[] };
}

/** What the launch would have sent so far. */
export interface Sent {
  registered: JsonObject | undefined;
  /** The command's own secrets, which a server's error may quote. */
  readonly own: readonly KnownSecret[];
  redactor: Redactor | undefined;
  /** The latest compared revision that differs, with the paths of its differences. */
  unequal: { readonly taskDefinition: string; readonly differsAt: readonly string[] } | undefined;
}

/**
 * Runs `launch` up to its RunTask request or its error, and records what it would have sent and
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

/** Texts for people never contain a secret. The documents are what would be sent. */
function shownBy(
  { redactor }: Sent,
  logs: readonly RenderedLog[],
): Pick<Rendered, 'logs' | 'redactor'> {
  if (redactor === undefined) return { logs };
  return { logs: logs.map((log) => ({ ...log, message: redactor.text(log.message) })), redactor };
}

/** Records the job's secrets as soon as they are known. */
export function concealIn(sent: Sent): Conceal {
  return (secrets) => {
    sent.redactor = redactorOf({ secrets: [...sent.own, ...secrets] });
  };
}

/** Throws the error that ended the preparation. */
export function preparedOf(preparation: Preparation): Prepared {
  if (preparation.kind === 'failed') throw preparation.error;
  if (preparation.kind === 'deployment-gone') {
    throw new RuntimeError(`Deployment ${preparation.deploymentId} no longer exists.`);
  }
  return preparation.prepared;
}

/** A logger that records its lines, and the differences of definitions. */
export function recorder(logs: RenderedLog[], logger: string, sent: Sent): Logger {
  const whose = logger.startsWith('prefect.flow_runs') ? 'flow_run' : 'worker';
  return loggerOver((level, message, { taskDefinition, differsAt }) => {
    logs.push({ logger: whose, level, message });
    if (typeof taskDefinition !== 'string' || !Array.isArray(differsAt)) return;
    sent.unequal = { taskDefinition, differsAt: differsAt.map(String) };
  }, {});
}
