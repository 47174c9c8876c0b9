import type { BegunJob } from '../job/configuration.ts';
import { partOf } from '../job/origins.ts';
import type { BlockReference } from '../job/references.ts';
import { judgeSpelledEndpoints } from './endpoints.ts';
import {
  guardRailSettings,
  isAllowed,
  notAllowed,
  quoted,
  NotAllowedError,
  type GuardRails,
} from './guard-rails.ts';
import { isPartlyOfRun } from './of-run.ts';

/** Checks what is known before anything is read for a run. Throws NotAllowedError. */
export function judgeBeforeReads(
  begun: Pick<BegunJob, 'named' | 'blocksNeeded'>,
  rails: GuardRails,
): void {
  for (const reference of begun.blocksNeeded) judgeBlock(reference, rails);
  const { value, origins } = begun.named;
  const credentials = value['aws_credentials'];
  // A region is not a credential.
  const isOfRun = isPartlyOfRun(credentials, partOf(origins, 'aws_credentials'), 'region_name');
  if (rails.credentialsOnlyFromPool && isOfRun) {
    throw new NotAllowedError(
      `${guardRailSettings.credentialsOnlyFromPool} does not allow job variables to set 'aws_credentials'. Remove it, so ` +
        "that the work pool's credentials are used, or ask the operator of the worker to change the setting.",
    );
  }
  judgeSpelledEndpoints(value, origins, rails);
}

function judgeBlock(reference: BlockReference, rails: GuardRails): void {
  const form = reference.kind === 'id' ? reference.id : `${reference.typeSlug}/${reference.name}`;
  if (isAllowed(rails.allowedBlocks, [form])) return;
  throw notAllowed(
    'allowedBlocks',
    `the block ${quoted(form)}`,
    rails,
    reference.kind === 'id'
      ? 'Its name is unknown, because it is referenced by id: reference it as {{ prefect.blocks.TYPE.NAME }}'
      : 'Use another block',
  );
}
