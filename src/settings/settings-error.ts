import { WorkerError } from '../kernel/errors.ts';

/** An invalid setting. The message has its name, source, value (unless secret) and the fix. */
export class SettingsError extends WorkerError {
  override readonly name = 'SettingsError';
}
