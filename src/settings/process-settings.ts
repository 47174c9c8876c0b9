import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { loadSettings, logFormatIn, type Settings } from './settings.ts';
import type { SettingsMachine } from './sources.ts';

/** The environment of this process. No other code reads it. */
export function processEnvironment(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

/** This process's settings, with `overrides` on top of its environment. Throws SettingsError. */
export function readProcessSettings(overrides: Readonly<Record<string, string>> = {}): Settings {
  return loadSettings(thisMachine(overrides));
}

/** The log format for an error about invalid settings. Never throws. */
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

/** Whether a URL points to this machine. */
export function isLoopbackUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(new URL(url).hostname);
}
