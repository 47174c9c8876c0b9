import type { Deployment } from '../prefect/deployment.ts';
import type { FlowRun } from '../prefect/flow-run.ts';
import type { Flow } from '../prefect/flow.ts';
import type { WorkPool } from '../prefect/work-pool.ts';

export interface LabelFacts {
  readonly flowRun: FlowRun;
  readonly flow: Flow;
  readonly deployment: Deployment | undefined;
  readonly workPool: WorkPool;
  readonly workerName: string;
  readonly prefectVersion: string;
}

/** Labels of every run, which become tags of its task. Configured labels win (worker.md 1.5). */
export function labelsFor(facts: LabelFacts): Readonly<Record<string, string>> {
  const { flowRun, flow, deployment, workPool } = facts;
  const updated = deployment?.updated === undefined ? undefined : utcIsoTime(deployment.updated);
  return {
    'prefect.io/flow-run-id': flowRun.id,
    'prefect.io/flow-run-name': flowRun.name,
    'prefect.io/version': facts.prefectVersion,
    'prefect.io/work-pool-name': workPool.name,
    'prefect.io/work-pool-id': workPool.id,
    'prefect.io/worker-name': facts.workerName,
    'prefect.io/flow-id': flow.id,
    'prefect.io/flow-name': flow.name,
    ...(deployment !== undefined && {
      'prefect.io/deployment-id': deployment.id,
      'prefect.io/deployment-name': deployment.name,
    }),
    ...(updated !== undefined && { 'prefect.io/deployment-updated': updated }),
  };
}

/**
 * Python's `isoformat` in UTC, with microseconds unless they are zero. A time without offset counts
 * as UTC; a text that is not a time stays as it is.
 */
export function utcIsoTime(text: string): string {
  const hasOffset = /(z|[+-]\d{2}:?\d{2})$/i.test(text);
  const time = new Date(hasOffset ? text : `${text}Z`);
  if (Number.isNaN(time.getTime())) return text;
  const microseconds = (/\.(\d+)/.exec(text)?.[1] ?? '').padEnd(6, '0').slice(0, 6);
  const whole = time.toISOString().slice(0, 19);
  return `${whole}${microseconds === '000000' ? '' : `.${microseconds}`}+00:00`;
}
