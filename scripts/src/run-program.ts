import { explain, UsageError } from './problems.ts'
import type { Terminal } from './terminal.ts'

/** What is started by its name. */
export interface Program {
  /** What `--help` prints. Its first line is how to call it. */
  usage: string
  /** Gives whether all that was asked for was done. */
  run(args: string[], terminal: Terminal): Promise<boolean>
}

interface Start {
  program: Program
  args: string[]
  terminal: Terminal
}

/**
 * Runs a program and gives its exit code: 0 when all was done, 1 when something was not, 2 when it
 * was called in a way that it does not know.
 */
export async function runProgram({ program: { usage, run }, args, terminal }: Start): Promise<number> {
  if (args.includes('--help')) {
    terminal.stdout.write(`${usage}\n`)
    return 0
  }
  try {
    return (await run(args, terminal)) ? 0 : 1
  } catch (error) {
    const isUsage = error instanceof UsageError || isUnknownArgument(error)
    const [howToCall] = usage.split('\n')
    terminal.stderr.write(isUsage ? `${error.message}\n${howToCall}\n` : `${explain(error)}\n`)
    return isUsage ? 2 : 1
  }
}

/** What `parseArgs` throws. */
function isUnknownArgument(error: unknown): error is Error {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('ERR_PARSE_ARGS_')
  )
}
