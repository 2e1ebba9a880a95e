import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { InterruptedError, UsageError } from '../problems.ts'
import { printable } from './printable.ts'
import type { Terminal } from './terminal.ts'

interface Question {
  text: string
  /** Do not show what is typed. */
  isSecret?: boolean
}

/**
 * Asks whoever sits at the terminal.
 *
 * @throws InterruptedError with Ctrl-C.
 * @throws UsageError when nothing was typed.
 */
export async function ask({ stdin, stderr }: Terminal, { text, isSecret }: Question): Promise<string> {
  const output = isSecret ? new Writable({ write: (_chunk, _encoding, done) => done() }) : stderr
  const line = createInterface({ input: stdin, output, terminal: true, historySize: 0 })
  // Only now: what is typed from here on is not echoed.
  stderr.write(printable(text))
  try {
    return await new Promise<string>((resolve, reject) => {
      line.once('line', resolve)
      line.once('SIGINT', () => reject(new InterruptedError()))
      line.once('close', () => reject(new UsageError('Nothing was typed.')))
    })
  } finally {
    line.close()
    if (isSecret) stderr.write('\n')
  }
}
