import { type Command, InvalidArgumentError, Option } from 'commander'

export const priorities = ['low', 'medium', 'high', 'urgent'] as const
export type Priority = (typeof priorities)[number]

export const days = 'today, tomorrow, +3d, -2w or 2026-12-24'

/** Fields of a task that are written the same way wherever they are. */
export interface FieldOptions {
  description?: string | false
  priority?: Priority | false
  due?: string | false
  tag?: string[] | false
}

export function addFieldOptions(command: Command): Command {
  return command
    .option('-d, --description <text>', 'what more there is to say')
    .addOption(priorityOption())
    .option('--due <day>', `when it is due: ${days}`)
    .option('-t, --tag <tag>', 'a tag; give it again for more', collect)
}

export const priorityOption = () => new Option('-p, --priority <priority>', 'how urgent').choices(priorities)

/** The values of an option that is given several times. */
export function collect(value: string, before: unknown): string[] {
  return [...(Array.isArray(before) ? before : []), value]
}

export function wholeNumber(min: number) {
  return (text: string): number => {
    const value = Number(text)
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value
    throw new InvalidArgumentError(`It has to be a whole number, ${min} or more.`)
  }
}
