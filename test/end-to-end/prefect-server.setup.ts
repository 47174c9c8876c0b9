import type { TestProject } from 'vitest/node';
import { startRealPrefect } from './real-prefect.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** API of the real Prefect server that the suite shares. */
    readonly prefectApiUrl: string;
  }
}

/** One real Prefect server for all end-to-end tests: each test has a work pool of its own. */
export default async function startServer(project: TestProject): Promise<() => Promise<void>> {
  const server = await startRealPrefect({ PREFECT_SERVER_LOGGING_LEVEL: 'WARNING' });
  project.provide('prefectApiUrl', server.apiUrl);
  return () => server[Symbol.asyncDispose]();
}
