const lengthMin = 8

/** How much of each of these ids tells them apart: 8 characters, or more where ids were made at one time. */
export function shortLength(ids: readonly string[]): number {
  const sorted = [...new Set(ids)].sort()
  let length = lengthMin
  for (const [index, id] of sorted.entries()) {
    const next = sorted[index + 1] ?? ''
    while (length < id.length && id.slice(0, length) === next.slice(0, length)) length += 1
  }
  return length
}
