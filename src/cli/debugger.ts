/**
 * Node opens an unauthenticated debugger on 127.0.0.1 at SIGUSR1. Any user of the machine could
 * then run code in this process and read its secrets. A listener overrides this in all versions of
 * Node.
 */
export function refuseDebugger(): void {
  process.on('SIGUSR1', () => undefined);
}

/** The same for a child, effective before its code runs, where Node has the flag (22.14 and up). */
export function withoutDebugger(): readonly string[] {
  const flag = '--disable-sigusr1';
  return process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : [];
}
