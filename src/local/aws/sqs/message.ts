import { createHash } from 'node:crypto';

export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string | undefined;
  readonly BinaryValue?: string | undefined;
}

export interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  readonly sentAtMs: number;
  /** It cannot be received before this time. */
  visibleAtMs: number;
  receiveCount: number;
  firstReceivedAtMs: number | undefined;
  /** The handle of the latest receipt. Undefined: never received. */
  receiptHandle: string | undefined;
}

export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** SQS's own MD5 of attributes: sorted names, each part preceded by its length in four bytes. */
export function md5OfAttributes(
  attributes: Readonly<Record<string, MessageAttribute>>,
): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  const part = (bytes: Buffer): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const { DataType = '', StringValue, BinaryValue } = attributes[name] ?? {};
    part(Buffer.from(name));
    part(Buffer.from(DataType));
    const isBinary = DataType.startsWith('Binary');
    hash.update(Buffer.from([isBinary ? 2 : 1]));
    part(isBinary ? Buffer.from(BinaryValue ?? '', 'base64') : Buffer.from(StringValue ?? ''));
  }
  return hash.digest('hex');
}

/** A message in the form of ReceiveMessage, with the requested system attributes. */
export function messageAnswer(
  message: Message,
  asked: readonly string[],
  askedOwn: readonly string[],
): Record<string, unknown> {
  const wants = (name: string): boolean => asked.includes('All') || asked.includes(name);
  const all: Readonly<Record<string, string>> = {
    SenderId: 'AIDAEXAMPLE',
    SentTimestamp: String(message.sentAtMs),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs ?? 0),
  };
  const attributes = Object.fromEntries(Object.entries(all).filter(([name]) => wants(name)));
  const own = Object.fromEntries(
    Object.entries(message.attributes).filter(
      ([name]) => askedOwn.includes('All') || askedOwn.includes('.*') || askedOwn.includes(name),
    ),
  );
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(Object.keys(attributes).length > 0 && { Attributes: attributes }),
    ...(Object.keys(own).length > 0 && {
      MessageAttributes: own,
      MD5OfMessageAttributes: md5OfAttributes(own),
    }),
  };
}
