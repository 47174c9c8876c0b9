/**
 * A handler throws this instead of answering. The connection is reset, and the client receives
 * nothing more.
 */
export class Disconnect extends Error {
  override readonly name = 'Disconnect';
}
