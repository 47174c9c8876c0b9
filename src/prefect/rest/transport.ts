import { nodeTransport } from './node-transport.ts';
import type { Transport, TransportOptions } from './transport-options.ts';

/** Node's own client. undici's is used only with a proxy, because loading it costs 100 ms. */
export async function createTransport(options: TransportOptions): Promise<Transport> {
  if (!options.usesProxy) return nodeTransport(options);
  const { undiciTransport } = await import('./undici-transport.ts');
  return undiciTransport(options);
}
