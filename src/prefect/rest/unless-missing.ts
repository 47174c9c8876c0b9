import { PrefectApiError, unknownRoute } from '../../core/prefect/api-error.ts';

/** Prefect has no such record. */
export const missing = Symbol('404');

/**
 * An ingress without a backend, and a route that this server does not know, answer 404 in other
 * words. Reading those as "does not exist" would crash runs during an outage (worker.md 0.5.3).
 */
export async function unlessNotFound<T>(answer: Promise<T>): Promise<T | typeof missing> {
  try {
    return await answer;
  } catch (error) {
    const isPrefects =
      error instanceof PrefectApiError && error.status === 404 && error.detail !== undefined;
    if (isPrefects && error.detail !== unknownRoute) return missing;
    throw error;
  }
}

/** The same for routes that answer 404 for nothing else. */
export async function unless404<T>(answer: Promise<T>): Promise<T | typeof missing> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof PrefectApiError && error.status === 404) return missing;
    throw error;
  }
}
