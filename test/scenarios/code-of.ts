import { join } from 'node:path';
import { composeService } from '../../src/service/compose.ts';
import { loadSettings } from '../../src/settings/settings.ts';

interface Code {
  readonly composeService: typeof composeService;
  readonly loadSettings: typeof loadSettings;
}

/**
 * Loads the worker's code of this checkout or of an earlier one, so that both versions can share a
 * pool as in a rolling upgrade.
 */
export async function codeOf(checkout: string | undefined): Promise<Code> {
  if (checkout === undefined) return { composeService, loadSettings };
  const [service, settings] = await Promise.all([
    // the other checkout is this project, so its module has the same exports
    import(join(checkout, 'src/service/compose.ts')) as Promise<Pick<Code, 'composeService'>>,
    // as above
    import(join(checkout, 'src/settings/settings.ts')) as Promise<Pick<Code, 'loadSettings'>>,
  ]);
  return { composeService: service.composeService, loadSettings: settings.loadSettings };
}
