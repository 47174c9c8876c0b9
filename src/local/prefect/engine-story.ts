/** How a flow run's process behaves. Omitted members behave as in a plain flow. */
export interface EngineStory {
  /** From the container's start to the engine's first call, in milliseconds. Default: 5,000. */
  readonly bootMs?: number;
  /** How long user code runs in each attempt, in milliseconds. Default: 10,000. */
  readonly runsForMs?: number;
  readonly ending?: EngineEnding;
  /** Where the result is stored, in the Completed state. Default: nothing is stored. */
  readonly result?: Readonly<Record<string, unknown>>;
  /** Retries of the flow in the same process. Default: none. */
  readonly retries?: number;
  readonly retryDelaySeconds?: number;
  /** How SIGTERM is handled (StopTask, a retired host). Default: `dies`. */
  readonly onSigterm?: 'dies' | 'ignores' | 'reschedules';
  /** Whether the process notices that its run is Cancelling and ends it. Default: true. */
  readonly watchesCancellation?: boolean;
}

export type EngineEnding =
  | { readonly kind: 'completes' }
  /** `attempts`: this many attempts fail before one completes. Default: all. */
  | { readonly kind: 'fails'; readonly message?: string; readonly attempts?: number }
  /** The engine reports Crashed and exits with 1. */
  | { readonly kind: 'crashes'; readonly message?: string }
  /** The process ends without a final state: out of memory, killed, a bug. */
  | { readonly kind: 'exits'; readonly exitCode: number }
  /** Suspended: the process ends, and a new one continues when the run is resumed. */
  | { readonly kind: 'suspends'; readonly timeoutSeconds?: number };

/** What the engine needs of its container. A container of the local ECS fits. */
export interface EngineProcess {
  readonly exited: Promise<{ readonly exitCode: number | undefined }>;
  /** SIGTERM. */
  readonly stop: () => void;
  /** SIGKILL. */
  readonly kill: () => void;
}

/** One execution of user code. */
export interface Execution {
  readonly flowRunId: string;
  readonly startedAtMs: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** Signals as exit codes: 128 plus the signal's number. */
export const sigtermExit = 143;
export const sigkillExit = 137;
