/**
 * At SIGUSR1 Node opens a debugger on 127.0.0.1 that asks for no key: every user of the machine
 * could then run code as this process, with its secrets. A listener takes the signal away from
 * Node, in each version of it.
 */
export function refuseDebugger(): void {
  process.on('SIGUSR1', () => undefined);
}

/** The same for a child from its first moment on, where Node has the flag (22.14 and newer). */
export function withoutDebugger(): readonly string[] {
  const flag = '--disable-sigusr1';
  return process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : [];
}
