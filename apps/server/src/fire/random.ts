/** Choices that are the same again for the same seed and name. */
export interface Random {
  /** From `min` to `max`, both included. */
  integer(min: number, max: number): number
  isTrue(probability: number): boolean
  pick<Item>(items: readonly [Item, ...Item[]]): Item
  /** A UUID of version 4. */
  uuid(): string
}

export function createRandom(seed: number, name: string): Random {
  const fraction = mulberry32(
    [...name].reduce((hash, char) => Math.imul(hash ^ char.charCodeAt(0), 16777619), seed),
  )
  const integer = (min: number, max: number) => min + Math.floor(fraction() * (max - min + 1))
  return {
    integer,
    isTrue: (probability) => fraction() < probability,
    pick: (items) => items[integer(0, items.length - 1)] ?? items[0],
    uuid: () => 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll('x', () => integer(0, 15).toString(16)),
  }
}

function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
