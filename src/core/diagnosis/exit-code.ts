/** What an exit code of a container tells, and how grave it is. */
export interface ExitCodeFact {
  readonly explanation: string;
  readonly resolution: string;
  readonly level: 'info' | 'error';
}

/**
 * The explanations are Prefect's own (its table of infrastructure exit codes): users know and match
 * them.
 */
const known: Readonly<Record<number, ExitCodeFact>> = {
  1: {
    explanation: 'Process exited with a general error.',
    resolution: 'Look in the log of the flow run for an exception that nothing caught.',
    level: 'error',
  },
  125: {
    explanation: 'Container failed to run (Docker/OCI exit code 125).',
    resolution: 'Check that the image exists and that its entry point is right.',
    level: 'error',
  },
  126: {
    explanation: 'Command found but not executable (permission denied).',
    resolution: 'Give the file of the command its executable bit in the image.',
    level: 'error',
  },
  127: {
    explanation: 'Command not found.',
    resolution: 'Check that the command is installed in the image, and its PATH.',
    level: 'error',
  },
  137: {
    explanation: 'Process was killed, likely due to an out-of-memory (OOM) condition.',
    resolution: 'Give the task more memory, or look for what uses so much.',
    level: 'error',
  },
  143: {
    explanation:
      'Process received SIGTERM via the container runtime. This is the containerized equivalent of exit code -15.',
    resolution: 'Nothing to do after a cancellation; otherwise look for who stopped the task.',
    level: 'info',
  },
  247: {
    explanation: 'Process was terminated due to high memory usage.',
    resolution: 'Give the task more memory, or look for what uses so much.',
    level: 'error',
  },
  [-9]: {
    explanation:
      'Process exited due to a SIGKILL signal. Typically caused by the operating system terminating the process for ' +
      'exceeding memory limits, or by manual cancellation.',
    resolution: 'Nothing to do after a cancellation; otherwise give the task more memory.',
    level: 'info',
  },
  [-15]: {
    explanation:
      'Process exited due to a SIGTERM signal. Typically caused by graceful shutdown or manual cancellation.',
    resolution: 'Nothing to do after a cancellation; otherwise look for who stopped the task.',
    level: 'info',
  },
};

const unexpected: ExitCodeFact = {
  explanation: 'Process exited with an unexpected status code.',
  resolution: 'Look in the log of the flow run and in the log of the container.',
  level: 'error',
};

export function exitCodeFact(code: number): ExitCodeFact {
  return known[code] ?? unexpected;
}

/**
 * The state message of a run whose container ended with a code other than 0 (worker.md 0.1 step
 * 7).
 */
export function crashMessageForExitCode(code: number): string {
  return `Flow run infrastructure exited with non-zero status code ${code}. ${exitCodeFact(code).explanation}`;
}
