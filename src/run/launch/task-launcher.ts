import { deregister } from '../tasks/deregister.ts';
import { type HeldDefinition, type ProvidedDefinition } from '../shared/provided-definition.ts';
import { launchKindOf } from '../../core/plan/launch-type.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { LaunchTurn } from '../ports/aws.ts';
import { launch } from './launch.ts';
import { type Launched } from '../ports/task-follower.ts';
import { requestOn, rungOf, type Rung } from '../../core/plan/capacity-ladder.ts';
import { provideDefinition } from '../prepare/prepare.ts';
import type { PreparedRun } from '../prepare/prepared-run.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import type { RunPorts } from '../run-context.ts';

/**
 * The launches of one prepared run. Owns the hold on the definition in use, also when ECS called
 * the first one inactive. `cleanUp` or `letGo` must end the hold: a leaked one keeps the revision
 * registered.
 */
export class TaskLauncher {
  readonly #run: ReportedRun;
  readonly #prepared: PreparedRun;
  readonly #ports: RunPorts;
  #definition: ProvidedDefinition;
  #hasUnanswered = false;
  #wasAccepted = false;
  #lastCallMs = -Infinity;
  #held: HeldDefinition;

  constructor(run: ReportedRun, prepared: PreparedRun, ports: RunPorts) {
    this.#run = run;
    this.#prepared = prepared;
    this.#ports = ports;
    this.#definition = prepared.ask(({ definition }) => definition);
    this.#held = ports.definitions.hold(this.#definition.arn);
  }

  /**
   * Whether tasks of two launches of the claim can be distinguished. With a template's own
   * `startedBy` they cannot, so no second launch may follow (worker.md 8.3).
   */
  get canBeRepeated(): boolean {
    return this.#requestOn({ name: undefined, isLast: true })['startedBy'] === undefined;
  }

  get #isLinked(): boolean {
    return this.#prepared.ask(({ plan }) => plan.definition.kind === 'linked');
  }

  /** On which capacity launch `attempt` is tried. */
  rungOf(attempt: number): Rung {
    const { capacityLadder } = this.#ports.settings();
    return this.#prepared.ask(({ plan }) =>
      rungOf(attempt, capacityLadder, plan.definition.document),
    );
  }

  /** Reserves a turn to call RunTask for launch `attempt`. */
  reserveTurn(attempt: number, signal: AbortSignal): Promise<LaunchTurn> {
    const kind = launchKindOf(this.#requestOn(this.rungOf(attempt)));
    return this.#prepared.facts.session.reserveLaunch(kind, signal);
  }

  #requestOn(rung: Rung): JsonObject {
    const { newlyRegistered } = this.#definition;
    const definition = { definitionArn: this.#definition.arn, newlyRegistered };
    return requestOn(
      rung.name,
      this.#prepared.ask(({ plan }) => plan.requestWith(definition)),
    );
  }

  /** Every RunTask call was answered, each with a refusal: the claim can have no task. */
  get isOnlyRefused(): boolean {
    return !this.#hasUnanswered && !this.#wasAccepted;
  }

  /** Every RunTask call was answered. */
  get isAnswered(): boolean {
    return !this.#hasUnanswered;
  }

  /** Milliseconds since this process last called RunTask; Infinity: never. */
  get sinceLastCallMs(): number {
    return this.#ports.clock.monotonicMs() - this.#lastCallMs;
  }

  /**
   * Makes one launch (worker.md 8.3). `cluster` overrides the request's: a claim keeps its own.
   * `mayCall` is asked before each call.
   */
  async launch(
    chosen: {
      readonly token: string;
      readonly attempt: number;
      readonly cluster: string | undefined;
      readonly mayCall: (signal: AbortSignal) => Promise<void>;
    },
    signal: AbortSignal,
  ): Promise<Launched> {
    const { session } = this.#prepared.facts;
    const { token, attempt, cluster, mayCall } = chosen;
    const { capacityTimeoutSeconds } = this.#ports.settings();
    const rung = this.rungOf(attempt);
    if (rung.name !== undefined) this.#run.log.info(`Trying launch ${attempt} on '${rung.name}'.`);
    const launched = await launch(
      {
        flowRunId: this.#run.flowRun.id,
        launchId: this.#run.launchId,
        token,
        attempt,
        session,
        mayCall: async (again) => {
          await mayCall(again);
          this.#lastCallMs = this.#ports.clock.monotonicMs();
        },
        onUnanswered: () => (this.#hasUnanswered = true),
        nextTurn: (again) => this.reserveTurn(attempt, again),
        requestWith: (definitionArn) => ({
          ...this.#requestOn(rung),
          taskDefinition: definitionArn,
          ...(cluster !== undefined && { cluster }),
        }),
        definitionArn: this.#definition.arn,
        provideAgain: this.#isLinked ? undefined : (again) => this.#provideAgain(again),
        waitsForCapacity: capacityTimeoutSeconds > 0 && this.canBeRepeated,
        ...this.#prepared.ask(({ job, plan }) => ({
          redactor: plan.redactor,
          configureCloudwatchLogs: job.configureCloudwatchLogs,
          executionRoleArn: plan.executionRoleArn,
        })),
      },
      this.#ports,
      this.#run.log,
      signal,
    );
    this.#wasAccepted = true;
    return launched;
  }

  /**
   * Deregisters the definition if this run registered it, its job asks for that, and no other run
   * here uses it.
   */
  async cleanUp(signal: AbortSignal): Promise<void> {
    const { deregisters, session } = this.#prepared.facts;
    const isToGo = deregisters && this.#definition.newlyRegistered;
    if (this.#held.release(isToGo))
      await deregister(this.#definition.arn, session, this.#run.log, signal);
  }

  /** Ends the hold: another process cleans up. */
  letGo(): void {
    this.#held.release(false);
  }

  async #provideAgain(signal: AbortSignal): Promise<string> {
    this.#held.release(false);
    this.#ports.definitions.evict(this.#definition.arn);
    this.#definition = await this.#prepared.ask((prepared) =>
      provideDefinition(prepared, this.#ports, this.#run.log, signal),
    );
    this.#held = this.#ports.definitions.hold(this.#definition.arn);
    return this.#definition.arn;
  }
}
