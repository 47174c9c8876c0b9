import type { Random } from '../../kernel/random.ts';
import { FaultRules, type Occasion } from './fault-rules.ts';

export type LogFault =
  /** The line never arrives. */
  | { readonly kind: 'gap' }
  /** The line arrives so much later, with the time at which it was written. */
  | { readonly kind: 'late'; readonly ms: number };

/** What goes wrong with a line on its way from a container to CloudWatch Logs. */
export interface LogFaultRule extends Occasion {
  readonly log: LogFault;
  /** Only lines of this log group. Default: all. */
  readonly group?: string;
}

export class LogFaults extends FaultRules<LogFaultRule> {
  /** After how many milliseconds a line arrives; undefined: never. */
  delayOf(group: string, random: Random): number | undefined {
    const rule = this.choose((one) => one.group === undefined || one.group === group, random);
    switch (rule?.log.kind) {
      case undefined:
        return 0;
      case 'gap':
        return undefined;
      case 'late':
        return rule.log.ms;
    }
  }
}
