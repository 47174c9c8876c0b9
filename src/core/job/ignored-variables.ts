import { WrittenNumber, type Json, type JsonObject } from '../../kernel/json.ts';
import { nearestName } from '../../kernel/nearest.ts';
import type { BaseJobTemplate } from '../prefect/base-job-template.ts';
import type { Traced } from './merge-variables.ts';
import { partOf, type Origins } from './origins.ts';
import { followedBy, type InForce } from './own-variables.ts';
import { pyStr } from './py-repr.ts';
import { objectIn, ownValue, textIn } from './shape.ts';
import { shortened } from './shortened.ts';
import { placesIn } from './template-places.ts';

/** Further ones are only counted. */
const toldAtMost = 10;
/** Characters of an ARN. */
const longestArn = 300;

export interface SetVariables {
  readonly template: BaseJobTemplate;
  /** Merged from deployment and run. */
  readonly given: Traced;
  readonly inForce: readonly InForce[];
  /** With variables filled in. */
  readonly configuration: JsonObject;
}

/** Notices about job variables without effect, or with an unexpected one. */
export function variableNotices({
  template,
  given,
  inForce,
  configuration,
}: SetVariables): readonly string[] {
  const { anywhere, definitionOnly } = placesIn(template);
  const counting = new Set(inForce.map(({ name }) => name));
  const names = Object.keys(given.values).filter(
    (name) => (ownValue(given.values, name) ?? null) !== null,
  );
  const idle = names.filter((name) => !anywhere.has(name) && !counting.has(name));
  const linked = textIn(objectIn(configuration['task_run_request'])['taskDefinition']);
  const whose = (name: string): string =>
    `The job variable '${shortened(name)}' of the ${ownerOf(given, name)}`;
  const overruled = (by: string): readonly string[] =>
    names
      .filter((name) => definitionOnly.has(name))
      .map(
        (name) =>
          `${whose(name)} is ignored: it only affects the task definition of the pool's template, and ` +
          `'${shortened(by, longestArn)}' is used instead.`,
      );
  return [
    ...inForce
      .filter(isNews)
      .map((one) => `${whose(one.name)} applies${asValue(one.value)}, although ${insteadOf(one)}.`),
    ...idle
      .slice(0, toldAtMost)
      .map((name) => `${whose(name)} is ignored: ${whyIgnored(name, template)}`),
    ...(idle.length > toldAtMost
      ? [
          `${idle.length - toldAtMost} more job variables are ignored, because the pool's template has no place for them.`,
        ]
      : []),
    ...(linked === undefined ? [] : overruled(linked)),
  ];
}

function ownerOf(given: Traced, name: string): string {
  return isPartlyOfFlowRun(partOf(given.origins, name)) ? 'flow run' : 'deployment';
}

function isPartlyOfFlowRun({ origin, parts }: Origins): boolean {
  return origin === 'flow-run' || [...parts.values()].some(isPartlyOfFlowRun);
}

/** A variable equal to the template's literal changes nothing. */
function isNews({ value, instead }: InForce): boolean {
  return instead === undefined || pyStr(value) !== pyStr(instead);
}

function insteadOf({ instead }: InForce): string {
  return instead === undefined
    ? "the pool's template has no place for it"
    : `the pool's template has${asValue(instead, ' the value') || ' another value'} in its place`;
}

/** Only numbers and booleans are shown: a text may be secret, or long. */
function asValue(value: Json, word = ' as'): string {
  if (value instanceof WrittenNumber) return `${word} ${value.text}`;
  return typeof value === 'string' || typeof value === 'object' ? '' : `${word} ${value}`;
}

function whyIgnored(name: string, template: BaseJobTemplate): string {
  if (name === 'stream_output')
    return 'streaming reads CloudWatch Logs, which needs an execution role. Set `execution_role_arn`.';
  if (ownValue(template.jobConfiguration, name) !== undefined)
    return `the pool's template has a fixed value in its place. Write '{{ ${name} }}' there to let runs set it.`;
  if (ownValue(template.variableProperties, name) !== undefined)
    return `the pool's template declares it but does not use it. Write '{{ ${shortened(name)} }}' where it belongs.`;
  const meant = nearestName(name, candidatesOf(template));
  return `the pool's template has no place for it.${meant === undefined ? '' : ` Did you mean '${meant}'?`}`;
}

function candidatesOf(template: BaseJobTemplate): readonly string[] {
  const placed = [...placesIn(template).anywhere].filter(
    (name) => !/^(?:\$|ctx$|prefect$)/.test(name),
  );
  return [...placed, ...followedBy];
}
