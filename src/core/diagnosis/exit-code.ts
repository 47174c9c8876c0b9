/** The meaning of a container's exit code, and the log level that it deserves. */
export interface ExitCodeFact {
  readonly explanation: string;
  readonly resolution: string;
  readonly level: 'info' | 'error';
}

/**
 * The explanations are exactly those of Prefect's table of infrastructure exit codes, because users
 * match them. The resolutions are ours.
 */
const known: Readonly<Record<number, ExitCodeFact>> = {
  1: {
    explanation: 'Process exited with a general error.',
    resolution: "Look for an uncaught exception in the flow run's log.",
    level: 'error',
  },
  125: {
    explanation: 'Container failed to run (Docker/OCI exit code 125).',
    resolution: 'Check that the image exists and that its entry point is correct.',
    level: 'error',
  },
  126: {
    explanation: 'Command found but not executable (permission denied).',
    resolution: "Make the command's file executable in the image.",
    level: 'error',
  },
  127: {
    explanation: 'Command not found.',
    resolution: 'Check that the command is installed in the image and is in its PATH.',
    level: 'error',
  },
  137: {
    explanation: 'Process was killed, likely due to an out-of-memory (OOM) condition.',
    resolution: 'Give the task more memory, or find out what uses so much.',
    level: 'error',
  },
  143: {
    explanation:
      'Process received SIGTERM via the container runtime. This is the containerized equivalent of exit code -15.',
    resolution: 'Expected after a cancellation. Otherwise, find out who stopped the task.',
    level: 'info',
  },
  247: {
    explanation: 'Process was terminated due to high memory usage.',
    resolution: 'Give the task more memory, or find out what uses so much.',
    level: 'error',
  },
  [-9]: {
    explanation:
      'Process exited due to a SIGKILL signal. Typically caused by the operating system terminating the process for ' +
      'exceeding memory limits, or by manual cancellation.',
    resolution: 'Expected after a cancellation. Otherwise, give the task more memory.',
    level: 'info',
  },
  [-15]: {
    explanation:
      'Process exited due to a SIGTERM signal. Typically caused by graceful shutdown or manual cancellation.',
    resolution: 'Expected after a cancellation. Otherwise, find out who stopped the task.',
    level: 'info',
  },
};

const unexpected: ExitCodeFact = {
  explanation: 'Process exited with an unexpected status code.',
  resolution: "Read the flow run's log and the container's log.",
  level: 'error',
};

export function exitCodeFact(code: number): ExitCodeFact {
  return known[code] ?? unexpected;
}

/** The state message for a non-zero exit code, exactly as Prefect words it (worker.md 0.1). */
export function crashMessageForExitCode(code: number): string {
  return `Flow run infrastructure exited with non-zero status code ${code}. ${exitCodeFact(code).explanation}`;
}
