import { ParamValidationError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { problemWords } from '../aws-model/problem-words.ts';
import { problemsIn, type Problem } from '../aws-model/problems.ts';
import { awsShapes, writtenShapes } from '../aws-model/shapes.ts';
import type { EcsJob } from '../job/ecs-job.ts';
import { isEmpty, textIn } from '../job/shape.ts';
import { configuredNetwork, networkQuestionOf } from './network.ts';
import { prefectContainerName } from './prefect-container.ts';
import { runRequestFor } from './run-request.ts';
import { taskDefinitionFor, writtenDefinition } from './task-definition.ts';

export interface ParameterRules {
  /** Send fields that the bundled SDK does not know. */
  readonly allowsUnknown: boolean;
}

/**
 * Refuses, before any call to AWS, what AWS would refuse, and fields that would be lost because AWS
 * has none with that name. Checks first what was written, because the conversion can hide a wrong
 * type, and then the result.
 *
 * Throws ParamValidationError, and ValueError if the job cannot be prepared.
 */
export function checkParameters(job: EcsJob, region: string, rules: ParameterRules): void {
  refuse(problemsOfWritten(job), rules);
  const own = isLinked(job) ? undefined : taskDefinitionFor(job, region);
  refuse(problemsOfSent(job, { own, linked: undefined }), rules);
}

/** Checks the request again once the linked definition is known, because that affects it. */
export function checkLinkedRequest(
  job: EcsJob,
  definition: JsonObject,
  rules: ParameterRules,
): void {
  refuse(problemsOfSent(job, { own: undefined, linked: definition }), rules);
}

interface DocumentProblems {
  /** Where a user can fix it. */
  readonly place: string;
  readonly problems: readonly Problem[];
}

function problemsOfWritten(job: EcsJob): readonly DocumentProblems[] {
  const check = { shapes: writtenShapes, isWritten: true };
  const inRequest = problemsIn(job.taskRunRequest, 'RunTaskRequest', check);
  const inNetwork = isEmpty(job.networkConfiguration)
    ? []
    : problemsIn(configuredNetwork(job), 'NetworkConfiguration', check);
  return [
    ...(isLinked(job)
      ? []
      : [
          {
            place: placeOf('task_definition'),
            problems: problemsIn(writtenDefinition(job), 'RegisterTaskDefinitionRequest', check),
          },
        ]),
    { place: placeOf('task_run_request'), problems: inRequest },
    { place: placeOf('network_configuration'), problems: inNetwork },
  ];
}

/** At most one of both is known yet. */
interface KnownDefinitions {
  readonly own: JsonObject | undefined;
  readonly linked: JsonObject | undefined;
}

function problemsOfSent(
  job: EcsJob,
  { own, linked }: KnownDefinitions,
): readonly DocumentProblems[] {
  const check = { shapes: awsShapes, isWritten: false };
  const request = requestFor(job, own ?? linked ?? {});
  return [
    {
      place: placeOf('task_definition'),
      problems: own === undefined ? [] : problemsIn(own, 'RegisterTaskDefinitionRequest', check),
    },
    {
      place: placeOf('task_run_request', 'network_configuration'),
      problems: problemsIn(request, 'RunTaskRequest', check),
    },
  ];
}

/** The request as far as known before AWS is asked for networks and definitions. */
function requestFor(job: EcsJob, definition: JsonObject): JsonObject {
  const isOwnNetwork = networkQuestionOf(job, definition)?.kind === 'custom';
  const { requestWith } = runRequestFor(job, {
    definition,
    containerName: prefectContainerName(job.containerName, definition),
    networkConfiguration: isOwnNetwork ? configuredNetwork(job) : undefined,
  });
  const definitionArn = textIn(job.taskRunRequest['taskDefinition']) ?? '';
  return requestWith({ definitionArn, newlyRegistered: false });
}

function isLinked(job: EcsJob): boolean {
  return textIn(job.taskRunRequest['taskDefinition']) !== undefined;
}

function placeOf(...fields: readonly string[]): string {
  const named = fields.map((field) => `\`${field}\``).join(' or ');
  return `${named} in the work pool's base job template, or the job variables that fill it`;
}

function refuse(documents: readonly DocumentProblems[], { allowsUnknown }: ParameterRules): void {
  const words = documents.flatMap(({ place, problems }) => {
    const counting = allowsUnknown ? problems.filter(({ kind }) => kind !== 'unknown') : problems;
    return counting.length === 0 ? [] : [problemWords(counting, place)];
  });
  if (words.length > 0) throw new ParamValidationError(words.join('\n'));
}
