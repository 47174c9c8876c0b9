import { ValueError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { EcsJob, JobWarning } from '../job/ecs-job.ts';
import { fingerprintOf } from './canonical-definition.ts';
import { entryPointNotices } from './entry-point.ts';
import { checkFargateSize, type SizeCheck } from './fargate-sizes.ts';
import { effectiveLaunchType, isFargate } from './launch-type.ts';
import { maskedForLog } from './masking.ts';
import {
  networkConfigurationFor,
  networkQuestionOf,
  type NetworkFacts,
  type NetworkQuestion,
} from './network.ts';
import { overridesSize, spillFor, withoutVariables, withVariables } from './overrides-budget.ts';
import { prefectContainerName } from './prefect-container.ts';
import { redactionOf } from './redaction-of.ts';
import { runRequestFor } from './run-request.ts';
import { isEmpty, objectsIn, textIn } from '../job/shape.ts';
import { taskDefinitionFor } from './task-definition.ts';
import { validateDefinition } from './validate-definition.ts';

export type { NetworkFacts, NetworkQuestion } from './network.ts';

/** The answers from AWS that a plan needs. */
export interface LaunchFacts {
  readonly region: string;
  /** The linked definition, if the job names one. */
  readonly linkedDefinition?: JsonObject;
  /** The answer to `networkQuestionFor`, if that asks for anything. */
  readonly network?: NetworkFacts;
}

export type PlannedDefinition =
  | { readonly kind: 'linked'; readonly reference: string; readonly document: JsonObject }
  /** `document` is RegisterTaskDefinition's input. */
  | {
      readonly kind: 'prepared';
      readonly document: JsonObject;
      readonly family: string;
      readonly fingerprint: string;
      readonly redactor: Redactor;
    };

/** Removes a job's secrets from everything that people and logs see. */
export interface Redactor {
  document(document: JsonObject): JsonObject;
  text(text: string): string;
}

/**
 * Keeps only the job's secrets, and builds their search index on demand: thousands of runs may
 * wait, each with a redactor.
 */
export function redactorOf({ secrets }: Pick<EcsJob, 'secrets'>): Redactor {
  return {
    document: (document) => maskedForLog(document, redactionOf(secrets)),
    text: (text) => redactionOf(secrets).text(text),
  };
}

/** Everything to send to ECS for a job: definition and request together. */
export interface LaunchPlan {
  readonly definition: PlannedDefinition;
  /** The container that runs the flow. */
  readonly containerName: string;
  /** As in RunTask's input. Undefined: the account's default cluster. */
  readonly cluster: string | undefined;
  readonly requestWith: (definition: {
    readonly definitionArn: string;
    readonly newlyRegistered: boolean;
  }) => JsonObject;
  /** Characters of the overrides as ECS counts them. */
  readonly overridesSize: number;
  readonly warnings: readonly JobWarning[];
  /** Input that will not do what it seems to; reported once for each deployment. */
  readonly notices: readonly string[];
  /** The configured execution role, else the definition's. */
  readonly executionRoleArn: string | undefined;
  /** Applies to everything that this plan sends or receives. */
  readonly redactor: Redactor;
  /** Why AWS will refuse the definition. A launch must stop; `render` still shows the payload. */
  readonly problem: string | undefined;
}

/** Characters of a definition's JSON, which ECS limits to 64 KiB (aws-ecs.md B.5.2). */
const longestDefinition = 65_536;

export function factsNeededFor(job: EcsJob): { readonly linkedDefinition: string | undefined } {
  return { linkedDefinition: textIn(job.taskRunRequest['taskDefinition']) };
}

/** The question for EC2, if any. `linkedDefinition`: undefined for a prepared definition. */
export function networkQuestionFor(
  job: EcsJob,
  linkedDefinition: JsonObject | undefined,
  region: string,
): NetworkQuestion | undefined {
  return networkQuestionOf(job, linkedDefinition ?? taskDefinitionFor(job, region));
}

/** The family of the job's definition. Undefined if the job cannot be prepared. */
export function familyOf(job: EcsJob): string | undefined {
  const linked = textIn(job.taskRunRequest['taskDefinition']);
  if (linked !== undefined) return linked.replace(/^.*\/|:\d+$/g, '');
  try {
    return textIn(taskDefinitionFor(job, 'any')['family']);
  } catch {
    return undefined;
  }
}

/**
 * Definition and request of a job (worker.md 4, 6, 7). Pure: the same job and facts
 * give the same plan. Throws ValueError where the job cannot be run as configured.
 */
export function launchPlanFor(job: EcsJob, facts: LaunchFacts): LaunchPlan {
  const { linkedDefinition } = facts;
  const redactor = redactorOf(job);
  const document = linkedDefinition ?? taskDefinitionFor(job, facts.region);
  validateDefinition(document, job);
  const containerName = prefectContainerName(job.containerName, document);
  const network = networkFor(job, document, facts);
  const request = runRequestFor(job, {
    definition: document,
    containerName,
    networkConfiguration: network?.configuration,
  });
  const reference = textIn(job.taskRunRequest['taskDefinition']);
  const probe = request.requestWith({ definitionArn: reference ?? '', newlyRegistered: false });
  const moved = spillFor(probe, containerName, job, linkedDefinition === undefined);
  const size =
    linkedDefinition === undefined ? sizeCheck(job, document) : { kind: 'fine' as const };
  const warnings = [
    ...request.warnings,
    ...warningOf(network?.warning),
    ...(size.kind === 'unknown' ? warningOf(size.warning) : []),
  ];
  const definition: PlannedDefinition =
    linkedDefinition !== undefined && reference !== undefined
      ? { kind: 'linked', reference, document: linkedDefinition }
      : prepared(withVariables(document, containerName, moved), redactor);
  return {
    definition,
    containerName,
    cluster: textIn(probe['cluster']),
    requestWith: (chosen) => withoutVariables(request.requestWith(chosen), containerName, moved),
    overridesSize: overridesSize(withoutVariables(probe, containerName, moved)),
    warnings,
    notices: entryPointNotices(document, probe, containerName),
    redactor,
    executionRoleArn: job.executionRoleArn ?? textIn(document['executionRoleArn']),
    problem: size.kind === 'invalid' ? size.problem : undefined,
  };
}

function prepared(document: JsonObject, redactor: Redactor): PlannedDefinition {
  const length = JSON.stringify(document).length;
  if (length > longestDefinition) {
    throw new ValueError(
      `The task definition has ${length} bytes, but ECS accepts at most ${longestDefinition}. Move large values to the ` +
        'image or to secrets.',
    );
  }
  return {
    kind: 'prepared',
    document,
    family: String(document['family']),
    fingerprint: fingerprintOf(document),
    redactor,
  };
}

function networkFor(
  job: EcsJob,
  document: JsonObject,
  facts: LaunchFacts,
): ReturnType<typeof networkConfigurationFor> | undefined {
  const question = networkQuestionOf(job, document);
  if (question === undefined) return undefined;
  return networkConfigurationFor(
    job,
    document,
    question,
    facts.network ?? { vpcId: undefined, subnets: [] },
  );
}

function sizeCheck(job: EcsJob, document: JsonObject): SizeCheck {
  if (!isFargate(effectiveLaunchType(job.taskRunRequest, document))) return { kind: 'fine' };
  return checkFargateSize(document['cpu'], document['memory']);
}

/**
 * What a linked definition makes useless, and what it lacks. Logged before the plan, which may fail
 * (worker.md 4, Q37).
 */
export function linkedWarnings(job: EcsJob, definition: JsonObject): readonly JobWarning[] {
  const containerName = prefectContainerName(job.containerName, definition);
  const warnings: string[] = [];
  if (!isEmpty(job.taskDefinition)) {
    warnings.push('Skipping task definition construction since a task definition ARN is provided.');
    if (job.taskDefinitionPlaceholders.length > 0) {
      warnings.push(
        'The following job variable references in the task definition template will be ignored: ' +
          job.taskDefinitionPlaceholders.join(', '),
      );
    }
  }
  const container = objectsIn(definition['containerDefinitions']).find(
    (candidate) => candidate['name'] === containerName,
  );
  const secrets = new Set(objectsIn(container?.['secrets']).map((secret) => secret['name']));
  for (const [name, arn] of [
    ['PREFECT_API_KEY', job.prefectApiKeySecretArn],
    ['PREFECT_API_AUTH_STRING', job.prefectApiAuthStringSecretArn],
  ] as const) {
    if (arn === undefined || secrets.has(name)) continue;
    warnings.push(
      `A secret ARN is configured for ${name}, but container '${containerName}' in the linked task definition has no ` +
        'secret with that name. The flow run starts without it.',
    );
  }
  return warnings.flatMap((message) => warningOf(message));
}

function warningOf(message: string | undefined): readonly JobWarning[] {
  return message === undefined
    ? []
    : [{ logger: 'prefect.flow_runs.worker', level: 'warning', message }];
}
