import { join } from 'node:path';
import { composeService } from '../../src/service/compose.ts';
import { loadSettings } from '../../src/settings/settings.ts';

interface Code {
  readonly composeService: typeof composeService;
  readonly loadSettings: typeof loadSettings;
}

/**
 * What a worker is made of: this checkout's code, or that of an earlier one, for a pool that is
 * upgraded step by step.
 */
export async function codeOf(checkout: string | undefined): Promise<Code> {
  if (checkout === undefined) return { composeService, loadSettings };
  const [service, settings] = await Promise.all([
    // of this project, too
    import(join(checkout, 'src/service/compose.ts')) as Promise<Pick<Code, 'composeService'>>,
    // likewise
    import(join(checkout, 'src/settings/settings.ts')) as Promise<Pick<Code, 'loadSettings'>>,
  ]);
  return { composeService: service.composeService, loadSettings: settings.loadSettings };
}
