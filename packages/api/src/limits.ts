/** What one HTTP request may hold. */
export const requestLimits = {
  /** Calls in one batch. */
  batchSizeMax: 100,
  /** Bytes of the body: 1 MiB. */
  bodyBytesMax: 1024 * 1024,
  /** Tasks that its lists may ask for, together: a hundred pages of the default length. */
  listedTasksMax: 2000,
  /** Characters of description that its lists may answer, together. The largest page has 1.6 million. */
  listedTextMax: 4_000_000,
} as const
