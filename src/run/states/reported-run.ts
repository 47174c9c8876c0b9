import type { FlowRun } from '../../core/prefect/flow-run.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { Proposals } from './proposals.ts';

/**
 * The run and the claim that a report is about. A report must only ever speak for its own claim:
 * otherwise an old task's late end crashes the retry (worker.md 0.4.6).
 */
export interface ReportedRun {
  readonly flowRun: FlowRun;
  readonly launchId: string;
  /**
   * The newest launch of the claim that is known here. The task of an older launch no longer counts
   * (worker.md 8.3).
   */
  readonly attempt: number;
  readonly proposals: Proposals;
  readonly log: Logger;
}
