/** A line's time, as Prefect sorts by it. */
export interface OrderedTime {
  readonly timestamp: Date;
  readonly microsecond: number;
}

/** Keeps lines of one millisecond in their order, for up to a thousand lines. */
export function orderedTimes(): (timestamp: Date) => OrderedTime {
  let lastMs = -1;
  let microsecond = 0;
  return (timestamp) => {
    microsecond = timestamp.getTime() === lastMs ? Math.min(microsecond + 1, 999) : 0;
    lastMs = timestamp.getTime();
    return { timestamp, microsecond };
  };
}
