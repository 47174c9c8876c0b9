/**
 * Thrown by a handler instead of an answer: the connection is reset, and the client learns nothing
 * more.
 */
export class Disconnect extends Error {
  override readonly name = 'Disconnect';
}
