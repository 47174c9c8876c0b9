/** How a flow run's process behaves. All that is left out is as a plain flow does it. */
export interface EngineStory {
  /**
   * From the start of the container to the engine's first call, in milliseconds. Default: 5,000.
   */
  readonly bootMs?: number;
  /** How long user code runs, in milliseconds; for each attempt. Default: 10,000. */
  readonly runsForMs?: number;
  readonly ending?: EngineEnding;
  /** What the Completed state says of the result: where it is kept. Default: nothing is kept. */
  readonly result?: Readonly<Record<string, unknown>>;
  /** Retries of the flow, in the same process. Default: none. */
  readonly retries?: number;
  readonly retryDelaySeconds?: number;
  /** What SIGTERM does (StopTask, a host that retires). Default: `dies`. */
  readonly onSigterm?: 'dies' | 'ignores' | 'reschedules';
  /** Whether the process notices that its run is Cancelling, and ends it. Default: true. */
  readonly watchesCancellation?: boolean;
}

export type EngineEnding =
  | { readonly kind: 'completes' }
  /** `attempts`: so many attempts fail before one completes. Default: all. */
  | { readonly kind: 'fails'; readonly message?: string; readonly attempts?: number }
  /** The engine says Crashed and exits with 1. */
  | { readonly kind: 'crashes'; readonly message?: string }
  /** The process is gone without a final state: out of memory, killed, a bug. */
  | { readonly kind: 'exits'; readonly exitCode: number }
  /** Suspended: the process ends, and a new one goes on when the run is resumed. */
  | { readonly kind: 'suspends'; readonly timeoutSeconds?: number };

/** What of a container is asked of its engine; the shape of a container of the local ECS. */
export interface EngineProcess {
  readonly exited: Promise<{ readonly exitCode: number | undefined }>;
  /** SIGTERM. */
  readonly stop: () => void;
  /** SIGKILL. */
  readonly kill: () => void;
}

/** One run of user code. */
export interface Execution {
  readonly flowRunId: string;
  readonly startedAtMs: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** Signals, as exit codes: 128 and the signal's number. */
export const sigtermExit = 143;
export const sigkillExit = 137;
