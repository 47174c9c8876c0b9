import type { FaultRule } from '../faults.ts';

/** Reads that Cloud's replicas serve. */
const replicated: readonly string[] = [
  'GET /flow_run_states/',
  'GET /flow_runs/{id}',
  'POST /flow_runs/filter',
  'POST /flow_runs/count',
];
/** This share of reads lags this far behind. The rest is up to date. */
const lags: readonly { readonly ms: number; readonly probability: number }[] = [
  { ms: 3_000, probability: 0.1 },
  { ms: 1_000, probability: 0.2 },
  { ms: 200, probability: 0.3 },
];

/**
 * How Prefect Cloud differs for a worker: replicas that lag by up to 3 s, independently for each
 * read; occasional 429; no `/admin/version`. The shares are a guess, because Cloud publishes none.
 */
export const cloudProfile: readonly FaultRule[] = [
  { operation: 'GET /admin/version', fault: { kind: 'error', status: 404 } },
  { operation: '* /*', fault: { kind: 'throttle' }, probability: 0.02 },
  ...lags.flatMap(({ ms, probability }) =>
    replicated.map((operation): FaultRule => ({
      operation,
      fault: { kind: 'stale', ms },
      probability,
    })),
  ),
];
