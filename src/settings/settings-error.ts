import { WorkerError } from '../kernel/errors.ts';

/**
 * Settings that cannot be used: names the setting, where it was read, its value unless it is
 * secret, and the fix.
 */
export class SettingsError extends WorkerError {
  override readonly name = 'SettingsError';
}
