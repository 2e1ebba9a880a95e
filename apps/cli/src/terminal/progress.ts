import type { Screen } from './terminal.ts'

const barWidth = 24
const millisecondsBetween = 100

export interface Progress {
  /** `share` is how much is done, 0 to 1, where that is known. */
  update(text: string, share: number | undefined): void
  /** Takes the line away, before others are written. */
  end(): void
}

/** A line that tells how far a long work is. Nothing where nobody looks. */
export function createProgress(stderr: Screen, now: () => Date): Progress {
  let shownAt = Number.NEGATIVE_INFINITY
  let isShown = false
  return {
    update(text, share) {
      const at = now().getTime()
      if (stderr.isTTY !== true || at - shownAt < millisecondsBetween) return
      shownAt = at
      isShown = true
      stderr.write(`\r${share === undefined ? '' : `${barOf(share)} `}${text}\u001b[K`)
    },
    end() {
      if (isShown) stderr.write('\r\u001b[K')
      isShown = false
    },
  }
}

function barOf(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * barWidth)
  return `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}]`
}
