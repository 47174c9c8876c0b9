import { statementFor } from '../diagnosis/policy.ts';
import { trimmedEnd } from '../job/trimmed.ts';
import type { Held } from './hold.ts';
import type { HoldKey } from './hold-key.ts';

/** What the texts about runs on hold need to know. */
export interface HeldFacts {
  readonly key: HoldKey;
  readonly why: Held['why'];
  /** AWS's or Prefect's own. */
  readonly words: string;
}

const serviceNames: Readonly<Record<string, string>> = {
  ecs: 'Amazon ECS',
  ec2: 'Amazon EC2',
  sts: 'AWS STS',
};

/** Why runs are on hold, in one sentence. */
export function whyHeld({ key, why, words }: HeldFacts): string {
  const told = trimmedEnd(words, '. \t\r\n');
  switch (key.kind) {
    case 'service':
      return `${serviceNames[key.service] ?? 'Prefect'} is unavailable (${told}).`;
    case 'credentials':
      return why === 'ill'
        ? `AWS credentials are temporarily unavailable (${told}).`
        : `No working AWS credentials are available (${told}).`;
    case 'right': {
      const resource = key.resource === undefined ? '' : ` for '${key.resource}'`;
      return `AWS denies ${key.action}${resource} (${told}).`;
    }
  }
}

function remedyFor({ key, why }: HeldFacts): string {
  if (why === 'ill') return '';
  if (key.kind === 'right')
    return ` Allow ${key.action} in a policy of the role or user that AWS names here.`;
  return ' Fix the credentials of the worker, the work pool or the deployment.';
}

/** The statement to paste comes last, because it is the longest part of the line. */
function statementIn({ key, words }: HeldFacts): string {
  return key.kind === 'right' ? ` ${statementFor(key.action, words)}` : '';
}

/** For the worker's log, when a hold begins and while it lasts. */
export function heldLine(facts: HeldFacts, waiting: number, nextTryInMs: number): string {
  const runs = waiting === 1 ? '1 flow run is on hold' : `${waiting} flow runs are on hold`;
  const next = `Next attempt in ${Math.max(1, Math.ceil(nextTryInMs / 1000))} s.`;
  return `${whyHeld(facts)}${remedyFor(facts)} ${runs}. ${next}${statementIn(facts)}`;
}

/** For the log of a run that is on hold. */
export function passedOverLine(facts: HeldFacts): string {
  const until = 'It stays scheduled and is launched once this is resolved.';
  return `This flow run is on hold: ${whyHeld(facts)}${remedyFor(facts)} ${until}${statementIn(facts)}`;
}

/** For the worker's log, when the hold ends. */
export function overLine({ key }: HeldFacts, lastedMs: number, waiting: number): string {
  const runs = waiting === 1 ? '1 flow run is' : `${waiting} flow runs are`;
  const seconds = Math.round(lastedMs / 1000);
  return `${whatWorks(key)} again after ${seconds} s: ${runs} no longer on hold.`;
}

function whatWorks(key: HoldKey): string {
  switch (key.kind) {
    case 'service':
      return `${serviceNames[key.service] ?? 'Prefect'} works`;
    case 'credentials':
      return 'AWS credentials work';
    case 'right':
      return `AWS allows ${key.action}`;
  }
}
