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

/** More are counted only: nobody means them one by one. */
const toldAtMost = 10;
/** Characters of an ARN. */
const longestArn = 300;

export interface SetVariables {
  readonly template: BaseJobTemplate;
  /** Of deployment and run together. */
  readonly given: Traced;
  readonly inForce: readonly InForce[];
  /** As it is filled in. */
  readonly configuration: JsonObject;
}

/**
 * What of a deployment's or a run's job variables does nothing, and what counts unexpectedly; one
 * sentence or two each.
 */
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
          `${whose(name)} is ignored: it only shapes the task definition of the pool's template, and ` +
          `'${shortened(by, longestArn)}' is used instead.`,
      );
  return [
    ...inForce
      .filter(isNews)
      .map(
        (one) => `${whose(one.name)} is in force${asValue(one.value)}, although ${insteadOf(one)}.`,
      ),
    ...idle
      .slice(0, toldAtMost)
      .map((name) => `${whose(name)} is ignored: ${whyIgnored(name, template)}`),
    ...(idle.length > toldAtMost
      ? [
          `${idle.length - toldAtMost} more job variables have no place in the pool's template and are ignored.`,
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

/** What the template holds itself is as it was. */
function isNews({ value, instead }: InForce): boolean {
  return instead === undefined || pyStr(value) !== pyStr(instead);
}

function insteadOf({ instead }: InForce): string {
  return instead === undefined
    ? "the pool's template has no place for it"
    : `the pool's template holds${asValue(instead, '') || ' a value of its own'} in its place`;
}

/** Numbers and yes or no only: a text may be anything. */
function asValue(value: Json, word = ' as'): string {
  if (value instanceof WrittenNumber) return `${word} ${value.text}`;
  return typeof value === 'string' || typeof value === 'object' ? '' : `${word} ${value}`;
}

function whyIgnored(name: string, template: BaseJobTemplate): string {
  if (name === 'stream_output')
    return 'output is streamed from CloudWatch Logs, for which the job has no execution role. Set `execution_role_arn`.';
  if (ownValue(template.jobConfiguration, name) !== undefined)
    return `the pool's template holds a value of its own in its place. Write '{{ ${name} }}' there to let runs choose.`;
  if (ownValue(template.variableProperties, name) !== undefined)
    return `the pool's form offers it, and no part of the pool's template uses it. Write '{{ ${shortened(name)} }}' there.`;
  const meant = nearestName(name, candidatesOf(template));
  return `the pool's template has no place for it.${meant === undefined ? '' : ` Did you mean '${meant}'?`}`;
}

function candidatesOf(template: BaseJobTemplate): readonly string[] {
  const placed = [...placesIn(template).anywhere].filter(
    (name) => !/^(?:\$|ctx$|prefect$)/.test(name),
  );
  return [...placed, ...followedBy];
}
