const example =
  'e.g. PREFECT_API_URL="https://api.prefect.cloud/api/accounts/[ACCOUNT-ID]/workspaces/[WORKSPACE-ID]"';

const slips: readonly (readonly [string, string])[] = [
  [
    'app.prefect.cloud',
    '`PREFECT_API_URL` points to `app.prefect.cloud`. Did you mean `api.prefect.cloud`?',
  ],
  ['account/', '`PREFECT_API_URL` uses `/account/` but should use `/accounts/`.'],
  ['workspace/', '`PREFECT_API_URL` uses `/workspace/` but should use `/workspaces/`.'],
];

/**
 * Warnings about common mistakes in an API URL, in Prefect's words. They never stop the worker
 * (prefect-api.md 1.1).
 */
export function apiUrlWarnings(url: string): readonly string[] {
  const found = slips.flatMap(([part, warning]) => (url.includes(part) ? [warning] : []));
  const { pathname } = new URL(url);
  if (url.includes('api.prefect.cloud') && pathname !== '/' && !pathname.startsWith('/api')) {
    found.push('`PREFECT_API_URL` should have `/api` after the base URL.');
  }
  return found.length === 0 ? [] : [[...found, example].join(' ')];
}
