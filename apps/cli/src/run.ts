import { setMaxListeners } from 'node:events'
import { CommanderError } from 'commander'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { printFailure } from './explain.ts'
import { PartlyDoneError } from './problems.ts'
import { createProgram } from './program.ts'
import type { Setting } from './setting.ts'
import { createPrinter } from './terminal/printer.ts'

/** How long a command that was interrupted may take to say how far it came. */
const graceMilliseconds = 1000

/** Runs the program and gives its exit code. */
export async function run(args: readonly string[], setting: Setting): Promise<number> {
  const { signal } = setting
  // Each call listens to it, and a command may make as many as it has ids.
  setMaxListeners(0, signal)
  const work = perform(args, setting)
  const code = await Promise.race([work, afterAbort(signal)])
  return signal.aborted ? exitCodes.interrupted : code
}

async function perform(args: readonly string[], setting: Setting): Promise<number> {
  try {
    await createProgram(setting).parseAsync([...args], { from: 'user' })
    return exitCodes.ok
  } catch (error) {
    if (error instanceof CommanderError) return codeOfCommander(error)
    if (error instanceof PartlyDoneError) return error.exitCode
    if (setting.signal.aborted) return exitCodes.interrupted
    const { env, terminal } = setting
    const printer = createPrinter({ terminal, mayColor: env.mayColor, isJson: args.includes('--json') })
    return printFailure(error, printer)
  }
}

/** Commander has said already what is wrong. */
function codeOfCommander({ exitCode }: CommanderError): ExitCode {
  return exitCode === 0 ? exitCodes.ok : exitCodes.usage
}

function afterAbort(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    const end = () => setTimeout(() => resolve(exitCodes.interrupted), graceMilliseconds).unref()
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}
