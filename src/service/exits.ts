import type { RunLogEntry } from '../core/prefect/api-facts.ts';
import type { EventResource, PrefectEvent } from '../core/prefect/event.ts';
import { parseClaimMessage } from '../core/claim/claim-record.ts';
import type { StateProposal } from '../core/prefect/proposal.ts';
import { redactedLogger } from '../kernel/redaction/redacted-logger.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Redaction } from '../kernel/redaction/redaction.ts';
import type { SecretHolder } from '../run/ports/conceal.ts';

type ShowLine = (flowRun: { readonly id: string; readonly name: string }, message: string) => void;

/**
 * All ways in which text leaves a worker. Everything that passes here has every known secret
 * redacted. No part of the worker may write to the outside by another way.
 */
export interface Exits {
  readonly log: Logger;
  readonly workerLog: Logger;
  readonly showLine: ShowLine;
  readonly writeLine: (to: { write(entry: RunLogEntry): void }) => (entry: RunLogEntry) => void;
  readonly proposal: (proposal: StateProposal) => StateProposal;
  readonly event: (event: PrefectEvent) => PrefectEvent;
  /** Where active runs register their secrets. */
  readonly secrets: SecretHolder;
}

/**
 * Labels that identify a resource. They must stay as they are, even if a part equals a short
 * secret.
 */
const identifying = /(?:\.id|\.role|Arn|version|worker-type)$/;

export function exitsOf(
  redaction: Redaction,
  { log, workerLog, showLine }: Pick<Exits, 'log' | 'workerLog' | 'showLine'>,
): Exits {
  const shown = (text: string): string => redaction.text(text);
  const resource = (labels: EventResource): EventResource =>
    Object.fromEntries(
      Object.entries(labels).map(([name, value]) => [
        name,
        identifying.test(name) ? value : shown(value),
      ]),
    );
  return {
    log: redactedLogger(redaction, log),
    workerLog: redactedLogger(redaction, workerLog),
    showLine: (flowRun, message) => showLine(flowRun, shown(message)),
    writeLine: (to) => (entry) => to.write({ ...entry, message: shown(entry.message) }),
    proposal: (proposal) => {
      const { message } = proposal;
      // Other workers parse a claim's message, so it must arrive unchanged. It contains no secret.
      if (message === undefined || parseClaimMessage(message) !== undefined) return proposal;
      return { ...proposal, message: shown(message) };
    },
    event: (event) => ({
      ...event,
      resource: resource(event.resource),
      related: event.related.map((related) => resource(related)),
    }),
    secrets: redaction,
  };
}
