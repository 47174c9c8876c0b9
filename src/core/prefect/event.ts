/** The labels of an event's resource, including its id and, for a related resource, its role. */
export type EventResource = Readonly<Record<string, string>>;

/** An event for Prefect's API. All values of a resource are texts (prefect-api.md 7.2). */
export interface PrefectEvent {
  readonly id: string;
  /** ISO time. */
  readonly occurred: string;
  readonly event: string;
  readonly resource: EventResource;
  readonly related: readonly EventResource[];
  readonly payload: Readonly<Record<string, never>>;
  /** The previous event about the same resource, if it is less than five minutes older. */
  readonly follows: string | null;
}
