/**
 * Base of every error of ours. `name` is part of the product: the worker puts it into state
 * messages (`Failed to submit flow run to infrastructure: <name>: <message>`), so each class sets
 * its own.
 */
export abstract class WorkerError extends Error {
  abstract override readonly name: string;
}

/** The thrown value as an Error; anything else becomes the cause of one. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(typeof thrown === 'string' ? thrown : 'a value that is no Error was thrown', {
    cause: thrown,
  });
}

/**
 * Whether an error is a mistake of ours. It is reported whatever else is going on: an error of a
 * call that was aborted is expected while the worker stops, a mistake never is. A TypeError with a
 * cause is one of Node's network calls.
 */
export function isDefect(error: unknown): boolean {
  const isBuiltIn =
    error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return isBuiltIn && error.cause === undefined;
}

/** For the default of a `switch` over a union. Does not compile if a case is missing. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value: ${JSON.stringify(value)}`);
}

/** Python's ValueError: a configuration that cannot work, found before anything was sent. */
export class ValueError extends WorkerError {
  override readonly name = 'ValueError';
}

/** Python's RuntimeError: AWS refused or answered something that ends the submission. */
export class RuntimeError extends WorkerError {
  override readonly name = 'RuntimeError';
}

/** Pydantic's ValidationError: a contradictory job configuration. */
export class ValidationError extends WorkerError {
  override readonly name = 'ValidationError';
}

/** botocore's ParamValidationError: AWS would refuse this; found before anything was sent. */
export class ParamValidationError extends WorkerError {
  override readonly name = 'ParamValidationError';
}
