import type { Terminal } from '../terminal.ts'

const rowsBetweenLines = 5000

export interface Progress {
  update(rows: number): void
  /** Leaves the last state standing on a terminal. */
  end(): void
}

/** Shows how far it is: one line rewritten on a terminal, else a line now and then. */
export function createProgress(stderr: Terminal['stderr'], now: () => number = Date.now): Progress {
  const startedAt = now()
  let linesDue = 1
  let isShown = false
  return {
    update(rows) {
      const seconds = (now() - startedAt) / 1000
      const text = `${rows} rows, ${Math.round(rows / Math.max(seconds, 0.001))} rows/s`
      if (stderr.isTTY) {
        stderr.write(`\r${text}\u001b[K`)
        isShown = true
      } else if (rows >= linesDue * rowsBetweenLines) {
        stderr.write(`${text}\n`)
        linesDue = Math.floor(rows / rowsBetweenLines) + 1
      }
    },
    end() {
      if (isShown) stderr.write('\n')
    },
  }
}
