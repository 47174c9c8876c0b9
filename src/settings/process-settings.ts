import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { loadSettings, type Settings } from './settings.ts';

/** The environment of this process. The one place that reads it. */
export function processEnvironment(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

/** The settings of this process, with `overrides` on top of its environment. Throws SettingsError. */
export function readProcessSettings(overrides: Readonly<Record<string, string>> = {}): Settings {
  return loadSettings({
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
  });
}

/** Whether a URL leads to this machine. */
export function isLoopbackUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(new URL(url).hostname);
}
