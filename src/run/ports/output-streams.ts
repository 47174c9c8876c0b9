import type { Logger } from '../../kernel/logger.ts';
import type { OutputLine, ReadableOutput } from './aws.ts';

/** One container's output, to be shown as it comes. */
export interface StreamedOutput {
  readonly from: ReadableOutput;
  readonly everyMs: number;
  /** Lines of before were another process's to show. */
  readonly since: Date | undefined;
  readonly show: (line: OutputLine) => void;
  readonly log: Logger;
}

/** An output that is being shown. */
export interface OpenOutput {
  /**
   * Shows what is left of a container that has ended; never throws but for the signal. Says whether
   * all of it was shown.
   */
  finish(signal: AbortSignal): Promise<boolean>;
  /** Shows nothing more. */
  letGo(): void;
}

export interface OutputStreams {
  open(output: StreamedOutput): OpenOutput;
}
