/** A line's time as Prefect orders by it. */
export interface OrderedTime {
  readonly timestamp: Date;
  readonly microsecond: number;
}

/**
 * Tells lines of one millisecond apart in their order, as long as there are no more than a
 * thousand.
 */
export function orderedTimes(): (timestamp: Date) => OrderedTime {
  let lastMs = -1;
  let microsecond = 0;
  return (timestamp) => {
    microsecond = timestamp.getTime() === lastMs ? Math.min(microsecond + 1, 999) : 0;
    lastMs = timestamp.getTime();
    return { timestamp, microsecond };
  };
}
