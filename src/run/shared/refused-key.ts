import { keyOfDenial, type HoldKey, type Needs } from '../../core/breaker/hold-key.ts';
import type { Refusal } from '../../core/breaker/hold.ts';
import { AwsCallError } from '../../core/diagnosis/aws-error.ts';
import { denialOf, isAwsIll, serviceOf, type Denial } from '../../core/diagnosis/denial.ts';

/** What an error of AWS refuses to every run with these needs; undefined: nothing. */
export function keyOf(error: unknown, needs: Needs): HoldKey | undefined {
  const denial = denialOf(error);
  if (denial !== undefined) return keyOfDenial(denial, operationOf(error), needs);
  if (!isAwsIll(error)) return undefined;
  return { kind: 'service', session: needs.sessionKey, service: serviceOf(error.operation) };
}

function operationOf(error: unknown): string {
  return error instanceof AwsCallError ? error.operation : 'RunTask';
}

export function refusalKind(key: HoldKey, denial: Denial | undefined): Refusal['kind'] {
  if (key.kind === 'service' || denial === undefined) return 'ill';
  if (denial.kind === 'right') return 'right';
  return denial.mayPass ? 'may-pass' : 'credentials';
}
