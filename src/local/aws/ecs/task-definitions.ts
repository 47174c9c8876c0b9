import type { Clock } from '../../../kernel/clock.ts';
import type { Agenda } from '../agenda.ts';
import { clientException } from '../wire/aws-error.ts';
import { checkDefinition } from './definition-checks.ts';
import { withDefaults } from './definition-defaults.ts';
import type { RegisterTaskDefinitionInput } from './definition-input.ts';
import { readTags, type Tag } from './tags.ts';

export type { ContainerDefinition } from './definition-input.ts';

export interface TaskDefinition {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly registeredAt: Date;
  readonly document: RegisterTaskDefinitionInput;
  status: 'ACTIVE' | 'INACTIVE' | 'DELETE_IN_PROGRESS';
  deregisteredAt: Date | undefined;
  /** Stored beside a definition, not in it. */
  tags: readonly Tag[];
}

const mostRevisions = 1_000_000;

export interface DefinitionDeps {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly registrationMs: number;
}

/** The task definitions of an account and region, by family and revision (aws-ecs.md B.5). */
export class TaskDefinitions {
  readonly #account: string;
  readonly #prefix: string;
  readonly #deps: DefinitionDeps;
  readonly #families = new Map<string, TaskDefinition[]>();
  readonly #registering = new Set<string>();
  readonly #firstRevisions = new Map<string, number>();

  constructor(account: string, region: string, deps: DefinitionDeps) {
    this.#account = account;
    this.#prefix = `arn:aws:ecs:${region}:${account}:task-definition/`;
    this.#deps = deps;
  }

  /** The family's next revision gets at least this number, as if earlier ones had been deleted. */
  startFamilyAt(family: string, revision: number): void {
    this.#firstRevisions.set(family, revision);
  }

  /** Takes a while. Another registration of the family in that time is refused. */
  async register(input: RegisterTaskDefinitionInput): Promise<TaskDefinition> {
    checkDefinition(input);
    const tags = readTags(input.tags ?? []);
    const { family } = input;
    if (this.#registering.has(family)) {
      throw clientException(
        'Too many concurrent attempts to create a new revision of the specified family.',
      );
    }
    if (this.#deps.registrationMs > 0) {
      this.#registering.add(family);
      await new Promise<void>(
        (resolve) => void this.#deps.agenda.after(this.#deps.registrationMs, resolve),
      );
      this.#registering.delete(family);
    }
    return this.#add(input, tags);
  }

  #add(input: RegisterTaskDefinitionInput, tags: readonly Tag[]): TaskDefinition {
    const revisions = this.#families.get(input.family) ?? [];
    const next = (revisions.at(-1)?.revision ?? 0) + 1;
    const revision = Math.max(next, this.#firstRevisions.get(input.family) ?? 1);
    if (revision > mostRevisions)
      throw clientException('The maximum number of revisions per family has been reached.');
    const definition: TaskDefinition = {
      arn: `${this.#prefix}${input.family}:${revision}`,
      family: input.family,
      revision,
      status: 'ACTIVE',
      registeredAt: this.#deps.clock.now(),
      deregisteredAt: undefined,
      document: withDefaults({ ...input, tags: undefined }),
      tags,
    };
    revisions.push(definition);
    this.#families.set(input.family, revisions);
    return definition;
  }

  get all(): readonly TaskDefinition[] {
    return [...this.#families.values()].flat();
  }

  /**
   * Finds by ARN or `family:revision` (also if INACTIVE), or by family (its newest ACTIVE
   * revision).
   */
  find(reference: string): TaskDefinition | undefined {
    if (reference.startsWith('arn:') && !reference.startsWith(this.#prefix)) return undefined;
    const name = reference.startsWith('arn:') ? reference.slice(this.#prefix.length) : reference;
    const [family = '', revision] = name.split(':');
    const revisions = this.#families.get(family) ?? [];
    if (revision !== undefined)
      return revisions.find((definition) => String(definition.revision) === revision);
    return revisions.findLast((definition) => definition.status === 'ACTIVE');
  }

  require(reference: string): TaskDefinition {
    const definition = this.find(reference);
    if (definition === undefined) throw clientException('Unable to describe task definition.');
    return definition;
  }

  deregister(reference: string): TaskDefinition {
    if (!/:\d+$/.test(reference)) throw clientException('Invalid revision number. Number: null');
    const known = this.find(reference);
    if (known === undefined) throw clientException('The specified task definition does not exist.');
    if (known.status !== 'ACTIVE')
      throw clientException('The specified task definition is inactive.');
    known.status = 'INACTIVE';
    known.deregisteredAt = this.#deps.clock.now();
    return known;
  }

  /** DeleteTaskDefinitions: only INACTIVE ones. */
  delete(reference: string): TaskDefinition {
    const known = this.require(reference);
    if (known.status === 'ACTIVE') {
      throw clientException(
        'The specified task definition is still in ACTIVE status. Please deregister the task ' +
          'definition and try again.',
      );
    }
    known.status = 'DELETE_IN_PROGRESS';
    return known;
  }

  answer(definition: TaskDefinition): Record<string, unknown> {
    const { document, deregisteredAt } = definition;
    const isAwsvpc = document.networkMode === 'awsvpc';
    const logsToAws = document.containerDefinitions.some(
      (container) => container.logConfiguration?.logDriver === 'awslogs',
    );
    return {
      ...document,
      taskDefinitionArn: definition.arn,
      revision: definition.revision,
      status: definition.status,
      requiresAttributes: [
        ...(logsToAws ? [{ name: 'com.amazonaws.ecs.capability.logging-driver.awslogs' }] : []),
        ...(isAwsvpc ? [{ name: 'ecs.capability.task-eni' }] : []),
      ],
      compatibilities: isAwsvpc ? ['EC2', 'FARGATE'] : ['EXTERNAL', 'EC2'],
      registeredAt: definition.registeredAt.getTime() / 1000,
      registeredBy: `arn:aws:iam::${this.#account}:root`,
      ...(deregisteredAt !== undefined && { deregisteredAt: deregisteredAt.getTime() / 1000 }),
    };
  }
}
