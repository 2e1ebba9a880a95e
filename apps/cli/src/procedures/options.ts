import { type Command, InvalidArgumentError, Option } from 'commander'
import { collect } from '../commands/task-options.ts'
import type { Flag } from './flags.ts'

const places: Record<Flag['kind'], string> = {
  ...{ text: ' <text>', number: ' <number>', texts: ' <text>', json: ' <json>', boolean: '' },
}

/** Adds the options of a field. `--no-…` gives `false`, or `null` where the field may be null. */
export function addFlag(command: Command, flag: Flag): void {
  const { name, kind, choices, isNullable, isRequired, description } = flag
  const notes = [isRequired ? '(required)' : '', kind === 'texts' ? '(again for more)' : '']
  const option = new Option(`--${name}${places[kind]}`, [description, ...notes].filter(Boolean).join(' '))
  if (choices) option.choices(choices)
  if (kind === 'number') option.argParser(numberIn)
  if (kind === 'json') option.argParser(jsonIn)
  if (kind === 'texts') option.argParser(collect)
  command.addOption(option)
  if (isNullable || kind === 'boolean')
    command.addOption(
      new Option(`--no-${name}`, isNullable ? 'null: clears it' : `the opposite of --${name}`),
    )
}

/** What was given by these flags. */
export function inputOf(flags: readonly Flag[], options: Record<string, unknown>): Record<string, unknown> {
  const values = flags.map(({ field, name, isNullable }) => {
    const value = options[new Option(`--${name}`).attributeName()]
    return [field, value === false && isNullable ? null : value]
  })
  return Object.fromEntries(values.filter(([, value]) => value !== undefined))
}

function numberIn(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new InvalidArgumentError('It has to be a number.')
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InvalidArgumentError('It has to be JSON.')
  }
}
