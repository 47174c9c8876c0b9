import type { Random } from '../../../kernel/random.ts';
import { FaultRules, type Occasion } from './fault-rules.ts';

export type EventFault =
  | { readonly kind: 'lost' }
  /** Delivered again this much later. */
  | { readonly kind: 'doubled'; readonly ms: number }
  /** Delivered after a random delay of up to this, so that a later event may arrive first. */
  | { readonly kind: 'reordered'; readonly ms: number }
  | { readonly kind: 'late'; readonly ms: number };

/** A fault in the delivery of `ECS Task State Change`. */
export interface EventFaultRule extends Occasion {
  readonly event: EventFault;
  /** Only events with this `lastStatus`. Default: all. */
  readonly lastStatus?: string;
}

/** The rules for task events, and the deliveries that they make of one event. */
export class EventFaults extends FaultRules<EventFaultRule> {
  /** The delays in milliseconds of each copy of an event. None: the event is lost. */
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
