/** The content of RunTask's `startedBy`, which identifies a task's launch (worker.md 8.3). */
export interface LaunchMark {
  readonly flowRunId: string;
  readonly launchId: string;
  /** 1 for the claim's first launch; higher for relaunches. */
  readonly attempt: number;
}

/** Uses 81 of the 128 characters that ECS allows, a few more for a relaunch. */
export function startedByFor({ flowRunId, launchId, attempt }: LaunchMark): string {
  return `prefect/${flowRunId}/${launchId}${attempt === 1 ? '' : `/${attempt}`}`;
}

/** Undefined for a task of another launcher, or if the template has its own `startedBy`. */
export function parseStartedBy(startedBy: string | undefined): LaunchMark | undefined {
  const match = /^prefect\/([0-9a-f-]{36})\/([0-9a-f-]{36})(?:\/(\d+))?$/.exec(startedBy ?? '');
  if (match === null) return undefined;
  const [, flowRunId = '', launchId = '', attempt = '1'] = match;
  return { flowRunId, launchId, attempt: Number(attempt) };
}
