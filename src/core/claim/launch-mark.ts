/** What RunTask's `startedBy` says of a task: whose it is (worker.md 8.3). */
export interface LaunchMark {
  readonly flowRunId: string;
  readonly launchId: string;
  /** 1 for the claim's first launch; a relaunch counts on. */
  readonly attempt: number;
}

/** 81 of the 128 characters that ECS allows, and a few more for a relaunch. */
export function startedByFor({ flowRunId, launchId, attempt }: LaunchMark): string {
  return `prefect/${flowRunId}/${launchId}${attempt === 1 ? '' : `/${attempt}`}`;
}

/** Undefined for a task that we did not start, or whose template has a `startedBy` of its own. */
export function parseStartedBy(startedBy: string | undefined): LaunchMark | undefined {
  const match = /^prefect\/([0-9a-f-]{36})\/([0-9a-f-]{36})(?:\/(\d+))?$/.exec(startedBy ?? '');
  if (match === null) return undefined;
  const [, flowRunId = '', launchId = '', attempt = '1'] = match;
  return { flowRunId, launchId, attempt: Number(attempt) };
}
