import { readFileSync } from 'node:fs';

/**
 * The user whose process listens on a port of 127.0.0.1; undefined where the system does not show
 * it. A started program has its port on its command line, visible to all users, seconds before it
 * listens. Another user could take the port first, receive our secrets and send us commands.
 */
export function userListeningOn(port: number): number | undefined {
  try {
    return listenerIn(readFileSync('/proc/net/tcp', 'utf8'), port);
  } catch {
    return undefined;
  }
}

/** Parses `/proc/net/tcp` (proc_net(5)): hexadecimal addresses, lowest byte first; 0A is LISTEN. */
export function listenerIn(table: string, port: number): number | undefined {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const addresses = [`0100007F:${hexPort}`, `00000000:${hexPort}`];
  for (const line of table.split('\n')) {
    const [, local = '', , state, , , , uid] = line.trim().split(/\s+/);
    if (state === '0A' && addresses.includes(local)) return Number(uid);
  }
  return undefined;
}
