import type { Task } from '@tasklane/client'
import type { Connection } from '../connection/connect.ts'
import { printFailure } from '../explain.ts'
import { FailedCallError, PartlyDoneError } from '../problems.ts'

interface Work {
  ids: string[]
  /** What was done, in a word: `Done`. */
  word: string
  call(id: string): Promise<Pick<Task, 'id'> & Partial<Task>>
}

/**
 * Does one thing to each of these tasks, at once, and tells what became of each.
 *
 * @throws PartlyDoneError when one was refused. The others are done all the same.
 */
export async function eachTask(
  { printer, url, session }: Connection,
  { ids, word, call }: Work,
): Promise<void> {
  const results = await Promise.allSettled(ids.map(call))
  const done = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  if (printer.isJson) printer.value(done)
  let exitCode = 0
  for (const [index, result] of results.entries()) {
    const id = ids[index] ?? ''
    if (result.status === 'fulfilled') {
      if (!printer.isJson)
        printer.line(
          `${word}  `,
          { text: id, style: 'cyan' },
          result.value.title ? `  ${result.value.title}` : '',
        )
    } else {
      if (!printer.isJson) printer.note({ text: `${id}:`, style: 'red' })
      exitCode = Math.max(
        exitCode,
        printFailure(new FailedCallError(result.reason, { url, session }), printer),
      )
    }
  }
  if (exitCode > 0) throw new PartlyDoneError(exitCode)
}
