import type { TestProject } from 'vitest/node';
import { startRealPrefect } from './real-prefect.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** API of the real Prefect server that the suite shares. */
    readonly prefectApiUrl: string;
  }
}

/**
 * One real Prefect server for all end-to-end tests: each test has a work pool of its own. On
 * SQLite, whose locks hide the worker in large runs; DATABASE_URL=postgresql+asyncpg://... names a
 * database for those.
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
