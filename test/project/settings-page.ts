import { awsSettings } from '../../src/settings/declared/aws-settings.ts';
import type { Declared, DeclaredGroup } from '../../src/settings/declared/declaration.ts';
import {
  ecsWorkerSettings,
  guardRails,
  observerSettings,
  ownSettings,
} from '../../src/settings/declared/ecs-settings.ts';
import {
  apiSettings,
  clientSettings,
  debugMode,
  logFormat,
  loggingSettings,
  logLevel,
  sharedCertificateFile,
  workerSettings,
} from '../../src/settings/declared/prefect-settings.ts';

interface Section {
  readonly title: string;
  readonly words: string;
  readonly settings: DeclaredGroup;
}

const sections: readonly Section[] = [
  {
    title: 'Launching and following tasks',
    words: 'Settings that only this worker has.',
    settings: { ...ownSettings, logFormat },
  },
  {
    title: 'Guard rails',
    words:
      'Limits on what runs may use: [guard-rails.md](guard-rails.md). In a pattern, `*` matches any text.',
    settings: guardRails,
  },
  {
    title: 'The Python worker',
    words: 'Settings of the Python worker, with the same names and defaults.',
    settings: ecsWorkerSettings,
  },
  {
    title: 'Task events',
    words: 'The queue of task events, as in the Python observer: [operations.md](operations.md).',
    settings: observerSettings,
  },
  {
    title: 'The Prefect API',
    words: 'Settings of Prefect.',
    settings: { ...apiSettings, sharedCertificateFile, ...clientSettings },
  },
  {
    title: 'The worker and its logs',
    words: 'Settings of Prefect.',
    settings: { ...workerSettings, ...loggingSettings, logLevel, debugMode },
  },
  {
    title: 'AWS',
    words: 'Environment variables that every AWS tool reads.',
    settings: awsSettings,
  },
];

const head = `# Settings

Prefect's settings are read where Prefect reads them: the environment first, then \`.env\`,
\`prefect.toml\`, \`pyproject.toml\` and the active profile. An invalid setting stops the worker with an
error that has its name, its source and the fix. The worker warns at its start about names that begin
with \`PREFECT_ECS_\` but are not listed here.

Prefect's other settings are not listed: the worker passes all that are set on to the containers.
`;

/** docs/settings.md, as the declarations have it. */
export function settingsPage(): string {
  return [head, ...sections.map(pageOf)].join('\n');
}

export function declaredSettings(): readonly Declared<unknown>[] {
  return sections.flatMap(({ settings }) => Object.values(settings));
}

function pageOf({ title, words, settings }: Section): string {
  const rows = Object.values(settings).map(
    ({ name, takes, otherwise, does }) => `| \`${name}\` | ${does} | ${takes} | ${otherwise} |`,
  );
  const table = [
    '| setting | what it does | takes | if not set |',
    '| --- | --- | --- | --- |',
    ...rows,
  ];
  return `## ${title}\n\n${words}\n\n${table.join('\n')}\n`;
}
