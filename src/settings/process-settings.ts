import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { loadSettings, logFormatIn, type Settings } from './settings.ts';
import type { SettingsMachine } from './sources.ts';

/** The environment of this process. The one place that reads it. */
export function processEnvironment(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

/**
 * The settings of this process, with `overrides` on top of its environment. Throws SettingsError.
 */
export function readProcessSettings(overrides: Readonly<Record<string, string>> = {}): Settings {
  return loadSettings(thisMachine(overrides));
}

/** How this process logs, for a line that says why its settings cannot be used. Throws nothing. */
export function readProcessLogFormat(): 'text' | 'json' | undefined {
  try {
    return logFormatIn(thisMachine({}));
  } catch {
    return undefined;
  }
}

function thisMachine(overrides: Readonly<Record<string, string>>): SettingsMachine {
  return {
    environment: { ...processEnvironment(), ...overrides },
    workingDirectory: process.cwd(),
    homeDirectory: homedir(),
    readTextFile: (path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
  };
}

/** Whether a URL leads to this machine. */
export function isLoopbackUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(new URL(url).hostname);
}
