import type { TestProject } from 'vitest/node';
import { startRealPrefect } from './real-prefect.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** API URL of the real Prefect server that all tests share. */
    readonly prefectApiUrl: string;
  }
}

/**
 * Starts one real Prefect server for all end-to-end tests; each test has its own work pool. The
 * server uses SQLite, whose locks dominate the times of large runs. For those, set
 * DATABASE_URL=postgresql+asyncpg://... .
 */
export default async function startServer(project: TestProject): Promise<() => Promise<void>> {
  const database = process.env['DATABASE_URL'];
  const server = await startRealPrefect({
    PREFECT_SERVER_LOGGING_LEVEL: 'WARNING',
    ...(database !== undefined && { PREFECT_SERVER_DATABASE_CONNECTION_URL: database }),
  });
  project.provide('prefectApiUrl', server.apiUrl);
  return () => server[Symbol.asyncDispose]();
}
