import { statementFor } from '../diagnosis/policy.ts';
import { trimmedEnd } from '../job/trimmed.ts';
import type { Held } from './hold.ts';
import type { HoldKey } from './hold-key.ts';

/** What is told of a key whose runs are held back. */
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

/** The one sentence that says why. */
export function whyHeld({ key, why, words }: HeldFacts): string {
  const told = trimmedEnd(words, '. \t\r\n');
  switch (key.kind) {
    case 'service':
      return `${serviceNames[key.service] ?? 'Prefect'} cannot do its work now (${told}).`;
    case 'credentials':
      return why === 'ill'
        ? `No AWS credentials can be had now (${told}).`
        : `AWS is given no credentials that work (${told}).`;
    case 'right': {
      const resource = key.resource === undefined ? '' : ` for '${key.resource}'`;
      return `AWS denies ${key.action}${resource} (${told}).`;
    }
  }
}

function remedyFor({ key, why }: HeldFacts): string {
  if (why === 'ill') return '';
  if (key.kind === 'right')
    return ` Allow ${key.action} in the policy of the role or user that AWS names here.`;
  return ' Mend the credentials of the worker, or those of the work pool or the deployment.';
}

/** What to paste, last of all: the longest part of a line. */
function statementIn({ key, words }: HeldFacts): string {
  return key.kind === 'right' ? ` ${statementFor(key.action, words)}` : '';
}

/** For the worker's log, when it begins and while it lasts. */
export function heldLine(facts: HeldFacts, waiting: number, nextTryInMs: number): string {
  const runs = waiting === 1 ? '1 flow run waits' : `${waiting} flow runs wait`;
  const next = `The next try is in ${Math.max(1, Math.ceil(nextTryInMs / 1000))} s.`;
  return `${whyHeld(facts)}${remedyFor(facts)} ${runs} until that is over. ${next}${statementIn(facts)}`;
}

/** For the log of a run that is passed over. */
export function passedOverLine(facts: HeldFacts): string {
  const until = facts.why === 'ill' ? 'when that is over' : 'when that is mended';
  return `This flow run is not launched for now: ${whyHeld(facts)}${remedyFor(facts)} It stays scheduled, and starts ${until}.${statementIn(facts)}`;
}

/** For the worker's log, when it is over. */
export function overLine({ key }: HeldFacts, lastedMs: number, waiting: number): string {
  const runs = waiting === 1 ? '1 flow run goes on' : `${waiting} flow runs go on`;
  return `${whatWorks(key)} again after ${Math.round(lastedMs / 1000)} s: ${runs}.`;
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
