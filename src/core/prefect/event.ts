/** The labels of a resource of an event. Its id is among them, and of a related one its role. */
export type EventResource = Readonly<Record<string, string>>;

/** An event as Prefect's API takes it: every value of a resource is text (prefect-api.md 7.2). */
export interface PrefectEvent {
  readonly id: string;
  /** ISO time. */
  readonly occurred: string;
  readonly event: string;
  readonly resource: EventResource;
  readonly related: readonly EventResource[];
  readonly payload: Readonly<Record<string, never>>;
  /** The event before it, of the same matter and less than five minutes earlier. */
  readonly follows: string | null;
}
