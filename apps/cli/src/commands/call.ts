import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { type Procedure, procedures } from '@tasklane/client/procedures'
import type { Command } from 'commander'
import { type BaseOptions, connect } from '../connection/connect.ts'
import { RefusedError, UsageError } from '../problems.ts'
import { callProcedure } from '../procedures/call-procedure.ts'
import { type Flag, flagsOf } from '../procedures/flags.ts'
import { addFlag, inputOf } from '../procedures/options.ts'
import type { Setting } from '../setting.ts'
import { addCommand } from './add-command.ts'

interface Options extends BaseOptions, Record<string, unknown> {
  input?: string
}

/** Every procedure of the server, as the contract lists them: a new one needs nothing here. */
export function addCall(program: Command, setting: Setting): void {
  const call = program
    .command('call')
    .description('call any procedure of the server; the answer is JSON')
    .usage('<procedure> [options]')
  for (const [path, procedure] of Object.entries(procedures)) addProcedure(call, setting, { path, procedure })
}

interface Listed {
  path: string
  procedure: Procedure
}

function addProcedure(call: Command, setting: Setting, { path, procedure }: Listed): void {
  const { flags, others } = flagsOf(procedure.input)
  const command = addCommand(call, path, procedure.summary ?? `a ${procedure.type}`).option(
    '--input <file>',
    'the input as JSON from a file, or from standard input with "-"; flags go before it',
  )
  for (const flag of flags) addFlag(command, flag)
  if (others.length > 0) command.addHelpText('after', `\nOnly by --input: ${others.join(', ')}.`)
  command.action(async (options: Options) => {
    const input = await readInput(options, { flags, setting })
    await connect(setting, { ...options, isSignedIn: false }, async ({ client, printer }) => {
      const onAnswer = (answer: unknown) => {
        const shown = withoutSession(answer)
        if (procedure.type === 'subscription') printer.jsonLine(shown)
        else printer.value(shown)
      }
      await callProcedure(client, { path, type: procedure.type, input, signal: setting.signal, onAnswer })
    })
  })
}

interface Reading {
  flags: Flag[]
  setting: Setting
}

/** `undefined` where nothing was given: an input may be optional. */
async function readInput(options: Options, { flags, setting }: Reading): Promise<unknown> {
  const byFlags = inputOf(flags, options)
  const hasFlags = Object.keys(byFlags).length > 0
  if (options.input === undefined) return hasFlags ? byFlags : undefined
  const given = parse(await readText(options.input, setting), options.input)
  if (!hasFlags) return given
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return { ...given, ...byFlags }
  throw new UsageError('The input is not an object, so no flag can be put into it.')
}

async function readText(file: string, { terminal }: Setting): Promise<string> {
  if (file === '-') return await text(terminal.stdin)
  return await readFile(file, 'utf8').catch((error: Error) => {
    throw new RefusedError(`The input cannot be read: ${error.message}`)
  })
}

function parse(json: string, file: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    const from = file === '-' ? 'standard input' : file
    throw new UsageError(`The input from ${from} is not JSON: ${(error as SyntaxError).message}`)
  }
}

/** The tokens of a session are kept, never shown. */
function withoutSession(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null || !('refreshToken' in answer)) return answer ?? null
  return { ...answer, accessToken: '(kept)', refreshToken: '(kept)' }
}
