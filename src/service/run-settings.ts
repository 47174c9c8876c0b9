import type { RunSettings } from '../run/ports/run-settings.ts';
import type { Settings } from '../settings/settings.ts';

/** The settings that the handling of one flow run reads. */
export function runSettingsOf(settings: Settings, prefetchSeconds: number): RunSettings {
  const { forwardCrashedRunLogs, forwardCrashedRunLogsMaxEvents } = settings.observer;
  return {
    ...settings.ecs,
    forwardCrashedRunLogs,
    forwardCrashedRunLogsMaxEvents,
    passedOn: settings.passedOn,
    environment: settings.environment,
    prefetchSeconds,
  };
}
