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
 * All ways by which words leave a worker. What goes through here is free of every secret that the
 * process knows.
 */
export interface Exits {
  readonly log: Logger;
  readonly workerLog: Logger;
  readonly showLine: ShowLine;
  readonly writeLine: (to: { write(entry: RunLogEntry): void }) => (entry: RunLogEntry) => void;
  readonly proposal: (proposal: StateProposal) => StateProposal;
  readonly event: (event: PrefectEvent) => PrefectEvent;
  /** Where what runs in hand keep secret becomes known. */
  readonly secrets: SecretHolder;
}

/**
 * Labels by which others know a resource: a part of one that happens to be a short secret must
 * stay.
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
      // A claim's message is read by other workers, names nothing secret, and must arrive as it is.
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
