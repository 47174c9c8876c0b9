import { userAgent } from '../rest/headers.ts';

const protectedHeaders: readonly string[] = ['user-agent', 'host', 'connection', 'upgrade'];

function isProtected(name: string): boolean {
  const lower = name.toLowerCase();
  return protectedHeaders.includes(lower) || lower.startsWith('sec-websocket-');
}

/**
 * Custom headers that the WebSocket handshake owns. HTTP sends some of them, so the warning is a
 * separate one (prefect-api.md 1.6).
 */
export function ignoredSocketHeaders(
  customHeaders: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.keys(customHeaders).filter(isProtected);
}

/** Headers of every upgrade. Credentials are not among them; they are the first message. */
export function socketHeaders(
  prefectVersion: string,
  customHeaders: Readonly<Record<string, string>>,
): Record<string, string> {
  const custom = Object.entries(customHeaders).filter(([name]) => !isProtected(name));
  return { 'User-Agent': userAgent(prefectVersion), ...Object.fromEntries(custom) };
}
