import type { TaskEvents } from '../account-parts.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { LocalAwsDeps } from '../deps.ts';
import type { Queues } from '../sqs/queues.ts';
import type { Task } from '../ecs/task.ts';
import { matchesPattern } from './pattern.ts';
import { taskEvent, type EventPlace } from './task-event.ts';

export interface Target {
  readonly Id: string;
  readonly Arn: string;
}

export interface Rule {
  readonly name: string;
  readonly arn: string;
  pattern: string;
  parsed: unknown;
  state: 'ENABLED' | 'DISABLED';
  description: string | undefined;
  readonly targets: Map<string, Target>;
}

/** The default event bus of an account and region: rules, and the queues that they feed. */
export class EventBus implements TaskEvents {
  readonly #place: EventPlace;
  readonly #deps: LocalAwsDeps;
  readonly #queues: Queues;
  readonly #rules = new Map<string, Rule>();

  constructor(place: EventPlace, deps: LocalAwsDeps, queues: Queues) {
    this.#place = place;
    this.#deps = deps;
    this.#queues = queues;
  }

  get rules(): readonly Rule[] {
    return [...this.#rules.values()];
  }

  /**
   * Delivers once and at once; a fault can make it repeat events or change their order, as AWS may
   * (aws-ecs.md B.8.2).
   */
  taskChanged(task: Task): void {
    if (this.#rules.size === 0) return;
    const { random, faultRandom, agenda, eventFaults } = this.#deps;
    const event = taskEvent(task, task.state, random.uuid(), this.#place);
    for (const delayMs of eventFaults.deliveriesOf(task.state.lastStatus, faultRandom)) {
      if (delayMs === 0) this.publish(event);
      else agenda.after(delayMs, () => this.publish(event));
    }
  }

  publish(event: Readonly<Record<string, unknown>>): void {
    // drops undefined members
    const seen: unknown = JSON.parse(JSON.stringify(event));
    for (const rule of this.#rules.values()) {
      if (rule.state !== 'ENABLED' || !matchesPattern(rule.parsed, seen)) continue;
      for (const { Arn } of rule.targets.values()) {
        this.#queues.byArn(Arn)?.send(JSON.stringify(seen));
      }
    }
  }

  put(name: string, pattern: string, state: Rule['state'], description: string | undefined): Rule {
    let parsed: unknown;
    try {
      parsed = JSON.parse(pattern);
    } catch {
      throw new AwsError(
        'InvalidEventPatternException',
        'Event pattern is not valid. Reason: it is no JSON.',
      );
    }
    const known = this.#rules.get(name);
    if (known !== undefined) {
      Object.assign(known, { pattern, parsed, state, description });
      return known;
    }
    const arn = `arn:aws:events:${this.#place.region}:${this.#place.account}:rule/${name}`;
    const rule: Rule = { name, arn, pattern, parsed, state, description, targets: new Map() };
    this.#rules.set(name, rule);
    return rule;
  }

  require(name: string): Rule {
    const rule = this.#rules.get(name);
    if (rule === undefined)
      throw new AwsError(
        'ResourceNotFoundException',
        `Rule ${name} does not exist on EventBus default.`,
      );
    return rule;
  }

  /** Deleting a rule that does not exist succeeds. */
  delete(name: string): void {
    if ((this.#rules.get(name)?.targets.size ?? 0) > 0)
      throw new AwsError('ValidationException', "Rule can't be deleted since it has targets.");
    this.#rules.delete(name);
  }
}
