import type { FlowRun } from '../../core/prefect/flow-run.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { Proposals } from './proposals.ts';

/** What a report is about: one claim, which must not end another claim's run (worker.md 0.4.6). */
export interface ReportedRun {
  readonly flowRun: FlowRun;
  readonly launchId: string;
  /**
   * The newest launch of the claim that is known here: an older one's task says nothing any more
   * (worker.md 8.3).
   */
  readonly attempt: number;
  readonly proposals: Proposals;
  readonly log: Logger;
}
