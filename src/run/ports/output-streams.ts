import type { Logger } from '../../kernel/logger.ts';
import type { OutputLine, ReadableOutput } from './aws.ts';

/** One container's output to stream. */
export interface StreamedOutput {
  readonly from: ReadableOutput;
  readonly everyMs: number;
  /** Earlier lines were another process's to show. */
  readonly since: Date | undefined;
  readonly show: (line: OutputLine) => void;
  readonly log: Logger;
}

/** An output that is being streamed. */
export interface OpenOutput {
  /**
   * Shows the rest of an ended container's output. Throws only the signal's reason. Returns whether
   * everything was shown.
   */
  finish(signal: AbortSignal): Promise<boolean>;
  /** Stops showing lines. */
  letGo(): void;
}

export interface OutputStreams {
  open(output: StreamedOutput): OpenOutput;
}
