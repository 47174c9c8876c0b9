import type { Random } from '../../../kernel/random.ts';
import { FaultRules, type Occasion } from './fault-rules.ts';

export type EventFault =
  | { readonly kind: 'lost' }
  /** Delivered again, so much later. */
  | { readonly kind: 'doubled'; readonly ms: number }
  /** Delivered after a drawn wait of up to so long, so that later ones may come first. */
  | { readonly kind: 'reordered'; readonly ms: number }
  | { readonly kind: 'late'; readonly ms: number };

/** What goes wrong with a delivery of `ECS Task State Change`. */
export interface EventFaultRule extends Occasion {
  readonly event: EventFault;
  /** Only events with this `lastStatus`. Default: all. */
  readonly lastStatus?: string;
}

export class EventFaults extends FaultRules<EventFaultRule> {
  /** After how many milliseconds each copy of an event is delivered; none: it is lost. */
  deliveriesOf(lastStatus: string, random: Random): readonly number[] {
    const rule = this.choose(
      (one) => one.lastStatus === undefined || one.lastStatus === lastStatus,
      random,
    );
    switch (rule?.event.kind) {
      case undefined:
        return [0];
      case 'lost':
        return [];
      case 'doubled':
        return [0, rule.event.ms];
      case 'reordered':
        return [random.next() * rule.event.ms];
      case 'late':
        return [rule.event.ms];
    }
  }
}
