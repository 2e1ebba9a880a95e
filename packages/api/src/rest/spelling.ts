import type { Spelling } from '../errors.ts'
import type { JsonSchema } from '../json-form.ts'

/**
 * The REST door writes names in snake_case where the contracts have camelCase: of fields, and of values
 * that name fields. One rule for all of them, both ways.
 */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** Before a name that is not in snake_case. No contract has such a field, so it is refused, by its own name. */
const mark = '#'

function camelCase(name: string): string {
  const field = name.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
  return snakeCase(field) === name && !name.startsWith(mark) ? field : `${mark}${name}`
}

/** How the REST door spells fields in its refusals. */
export const snakeSpelling: Spelling = {
  name: (field) => (field.startsWith(mark) ? field.slice(mark.length) : snakeCase(field)),
  text: (message) =>
    message.replace(/"([a-z]+(?:[A-Z][a-z]*)+)"/g, (_all, name: string) => `"${snakeCase(name)}"`),
}

/** What a caller of the REST door sent, with the names of the contracts. */
export function fromSnakeCase(value: unknown): unknown {
  return renamed(value, camelCase)
}

/** Of the fields of answers, which are few and come again with every row. */
const known = new Map<string, string>()

/** What a procedure answered, with the names of the REST door. Instants become text. */
export function toSnakeCase(value: unknown): unknown {
  return renamed(value, (name) => {
    const spelled = known.get(name) ?? snakeCase(name)
    known.set(name, spelled)
    return spelled
  })
}

/** A value that names a field, such as what a list is sorted by. */
export function nameFromSnakeCase(value: unknown): unknown {
  return typeof value === 'string' ? camelCase(value) : value
}

/** Whether a field takes names of fields for its values. */
export function takesNames(schema: JsonSchema | undefined): boolean {
  return schema?.enum?.some((value) => typeof value === 'string' && isCamelCase(value)) ?? false
}

function isCamelCase(value: string): boolean {
  return /^[a-z]+[A-Z]/.test(value)
}

/** A schema of the contracts as the REST door speaks. */
export function schemaInSnakeCase(schema: JsonSchema): JsonSchema {
  const entries = Object.entries(schema).map(([keyword, value]) => [keyword, inSnakeCase(keyword, value)])
  return Object.fromEntries(entries)
}

function inSnakeCase(keyword: string, value: unknown): unknown {
  switch (keyword) {
    case 'properties':
      return Object.fromEntries(
        Object.entries(value as Record<string, JsonSchema>).map(([name, property]) => [
          snakeCase(name),
          schemaInSnakeCase(property),
        ]),
      )
    case 'required':
      return (value as string[]).map(snakeCase)
    case 'enum':
      return (value as unknown[]).map((each) =>
        typeof each === 'string' && isCamelCase(each) ? snakeCase(each) : each,
      )
    case 'description':
      return String(value).replace(
        /`([a-z]+(?:[A-Z][a-z]*)+)`/g,
        (_all, name: string) => `\`${snakeCase(name)}\``,
      )
    case 'default':
    case 'examples':
      return toSnakeCase(value)
    default:
      if (Array.isArray(value)) return value.map((each) => (isObject(each) ? schemaInSnakeCase(each) : each))
      return isObject(value) ? schemaInSnakeCase(value) : value
  }
}

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((each) => renamed(each, rename))
  if (value instanceof Date) return value.toISOString()
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([name, each]) => [rename(name), renamed(each, rename)])
  return Object.fromEntries(entries)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
