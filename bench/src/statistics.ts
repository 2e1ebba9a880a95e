export interface Latencies {
  requests: number
  p50Milliseconds: number
  p99Milliseconds: number
  maxMilliseconds: number
}

/**
 * The smallest value that at least `percent` % of all values do not exceed (nearest rank, so it is
 * always one that was measured).
 *
 * @throws RangeError without values, and for a `percent` that is not above 0 and at most 100.
 */
export function percentile(values: readonly number[], percent: number): number {
  const rank = Math.ceil((percent * values.length) / 100)
  const value = values.toSorted((a, b) => a - b)[rank - 1]
  if (value === undefined) throw new RangeError(`No percentile ${percent} of ${values.length} values`)
  return value
}

/** @throws RangeError without values. */
export function summarise(milliseconds: readonly number[]): Latencies {
  return {
    requests: milliseconds.length,
    p50Milliseconds: percentile(milliseconds, 50),
    p99Milliseconds: percentile(milliseconds, 99),
    maxMilliseconds: percentile(milliseconds, 100),
  }
}
