import type { Random } from '../../../kernel/random.ts';
import { FaultRules, type Occasion } from './fault-rules.ts';

export type LogFault =
  /** The line never arrives. */
  | { readonly kind: 'gap' }
  /** The line arrives this much later, with the time at which it was written. */
  | { readonly kind: 'late'; readonly ms: number }
  /** A read returns an empty page that is not the end. */
  | { readonly kind: 'empty-page' };

/** A fault of a log line between its container and CloudWatch Logs, or of a read. */
export interface LogFaultRule extends Occasion {
  readonly log: LogFault;
  /** Only lines of this log group. Default: all. */
  readonly group?: string;
}

/** The rules for log lines, and what they do to a line or a read. */
export class LogFaults extends FaultRules<LogFaultRule> {
  /** The delay of a line in milliseconds. Undefined: it never arrives. */
  delayOf(group: string, random: Random): number | undefined {
    const rule = this.choose(
      (one) => one.log.kind !== 'empty-page' && (one.group === undefined || one.group === group),
      random,
    );
    switch (rule?.log.kind) {
      case undefined:
      case 'empty-page':
        return 0;
      case 'gap':
        return undefined;
      case 'late':
        return rule.log.ms;
    }
  }

  answersEmptyPage(group: string, random: Random): boolean {
    const matches = (one: LogFaultRule): boolean =>
      one.log.kind === 'empty-page' && (one.group === undefined || one.group === group);
    return this.choose(matches, random) !== undefined;
  }
}
