import { createInterface } from 'node:readline'
import { type Readable, Writable } from 'node:stream'
import { CommandError } from './problems.ts'

/** Where a program reads and writes. `process` is one. */
export interface Terminal {
  stdin: Readable & { isTTY?: boolean }
  stdout: Writable
  stderr: Writable & { isTTY?: boolean }
}

interface Question {
  text: string
  /** Do not show what is typed. */
  isSecret?: boolean
}

/**
 * Asks whoever sits at the terminal.
 *
 * @throws CommandError when there is no answer.
 */
export async function ask({ stdin, stderr }: Terminal, { text, isSecret }: Question): Promise<string> {
  const output = isSecret ? new Writable({ write: (_chunk, _encoding, done) => done() }) : stderr
  const line = createInterface({ input: stdin, output, terminal: true })
  // Only now: what is typed from here on is not echoed.
  stderr.write(text)
  try {
    return await new Promise<string>((resolve, reject) => {
      line.once('line', resolve)
      line.once('SIGINT', () => reject(new CommandError('Cancelled.')))
      line.once('close', () => reject(new CommandError('Cancelled: nothing was typed.')))
    })
  } finally {
    line.close()
    if (isSecret) stderr.write('\n')
  }
}

/** Text of unknown origin with nothing in it that a terminal would obey. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const codePoint = character.codePointAt(0) ?? 0
    return `\\u{${codePoint.toString(16)}}`
  })
}
