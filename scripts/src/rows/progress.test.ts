import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createTestTerminal } from '../fixtures/terminal.ts'
import { createProgress } from './progress.ts'

async function shown({ isTTY }: { isTTY: boolean }, states: { rows: number; atSeconds: number }[]) {
  const terminal = createTestTerminal({ isTTY })
  let seconds = 0
  const progress = createProgress(terminal.stderr, () => seconds * 1000)
  for (const { rows, atSeconds } of states) {
    seconds = atSeconds
    progress.update(rows)
  }
  progress.end()
  await setImmediate()
  return terminal.complained()
}

it('rewrites one line on a terminal', async () => {
  const states = [
    { rows: 100, atSeconds: 1 },
    { rows: 300, atSeconds: 2 },
  ]
  expect(await shown({ isTTY: true }, states)).toBe(
    '\r100 rows, 100 rows/s\u001b[K\r300 rows, 150 rows/s\u001b[K\n',
  )
})

it('writes a line every 5 000 rows elsewhere', async () => {
  const states = [100, 4_999, 5_000, 5_100, 9_999, 17_000, 19_999, 20_050].map((rows) => ({
    rows,
    atSeconds: 10,
  }))
  expect(await shown({ isTTY: false }, states)).toBe(
    '5000 rows, 500 rows/s\n17000 rows, 1700 rows/s\n20050 rows, 2005 rows/s\n',
  )
})

it('writes nothing when there was nothing to do', async () => {
  expect(await shown({ isTTY: true }, [])).toBe('')
})
