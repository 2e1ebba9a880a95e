import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createTestTerminal } from './fixtures/terminal.ts'
import { CommandError } from './problems.ts'
import { ask, printable } from './terminal.ts'

it('gives what was typed, without the end of its line', async () => {
  const terminal = createTestTerminal({ isTTY: true })
  const answer = ask(terminal, { text: 'Name: ' })
  terminal.stdin.write('  me é \r')
  expect(await answer).toBe('  me é ')
  await setImmediate()
  expect(terminal.complained()).toMatch(/^Name: /)
  expect(terminal.printed()).toBe('')
})

it('shows nothing of a secret', async () => {
  const terminal = createTestTerminal({ isTTY: true })
  const answer = ask(terminal, { text: 'Password: ', isSecret: true })
  for (const key of 'Hørse-1') terminal.stdin.write(key)
  terminal.stdin.write('\r')
  expect(await answer).toBe('Hørse-1')
  await setImmediate()
  expect(terminal.complained()).toBe('Password: \n')
  expect(terminal.printed()).toBe('')
})

it('asks twice in a row', async () => {
  const terminal = createTestTerminal({ isTTY: true })
  const first = ask(terminal, { text: '1 ' })
  terminal.stdin.write('a\r')
  expect(await first).toBe('a')
  const second = ask(terminal, { text: '2 ', isSecret: true })
  terminal.stdin.write('b\r')
  expect(await second).toBe('b')
})

it.each([
  ['Ctrl+C', '\u0003'],
  ['Ctrl+D', '\u0004'],
])('gives up at %s', async (_, key) => {
  const terminal = createTestTerminal({ isTTY: true })
  const answer = ask(terminal, { text: 'Password: ', isSecret: true })
  terminal.stdin.write(key)
  await expect(answer).rejects.toThrow(CommandError)
})

it('prints nothing that a terminal would obey', () => {
  expect(printable('a\u001b[2Jb\r\nc\u202Ed\u2028e\ud800 é \u{1F680}')).toBe(
    'a\\u{1b}[2Jb\\u{d}\\u{a}c\\u{202e}d\\u{2028}e\\u{d800} é \u{1F680}',
  )
})
