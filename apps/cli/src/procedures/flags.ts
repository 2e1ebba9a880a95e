import { definitions, type InputSchema } from '@tasklane/client/procedures'

/** A field of an input, as it can be given on a command line. */
export interface Flag {
  field: string
  /** `due-date` for `dueDate`. */
  name: string
  kind: 'text' | 'number' | 'boolean' | 'texts' | 'json'
  choices: string[] | undefined
  isNullable: boolean
  isRequired: boolean
  description: string
}

/** How the fields of an input can be given. */
export interface InputFlags {
  flags: Flag[]
  /** What is no flag: secrets, and names that mean something else here. */
  others: string[]
}

/** A secret would stand in the list of processes. */
const secret = /password|(^|refresh|access)token$/i
const taken = new Set(['json', 'url', 'input', 'help'])

/** The flags of an input. An input that is no plain object has none. */
export function flagsOf(input: InputSchema): InputFlags {
  const properties = schemasIn(resolve(input)['properties'])
  const required = textsIn(resolve(input)['required'])
  const isFlag = (field: string) => !secret.test(field) && !taken.has(kebab(field))
  const fields = Object.keys(properties)
  return {
    flags: fields.filter(isFlag).map((field) => {
      const schema = properties[field] ?? {}
      const { own, isNullable } = withoutNull(resolve(schema))
      return {
        ...{ field, name: kebab(field), isNullable, isRequired: required.includes(field) },
        ...{ kind: kindOf(own), choices: choicesOf(own) },
        description:
          [schema['description'], own['description']].find((each) => typeof each === 'string') ?? '',
      }
    }),
    others: fields.filter((field) => !isFlag(field)),
  }
}

function kindOf({ type, items }: InputSchema): Flag['kind'] {
  if (type === 'string') return 'text'
  if (type === 'integer' || type === 'number') return 'number'
  if (type === 'boolean') return 'boolean'
  return type === 'array' && isSchema(items) && resolve(items)['type'] === 'string' ? 'texts' : 'json'
}

const choicesOf = ({ enum: choices }: InputSchema) => {
  const texts = textsIn(choices)
  return texts.length > 0 ? texts : undefined
}

function withoutNull(schema: InputSchema): { own: InputSchema; isNullable: boolean } {
  const { anyOf } = schema
  if (!Array.isArray(anyOf)) return { own: schema, isNullable: false }
  const forms = anyOf.filter(isSchema).map(resolve)
  const [own = {}, ...others] = forms.filter(({ type }) => type !== 'null')
  return { own: others.length === 0 ? own : {}, isNullable: forms.some(({ type }) => type === 'null') }
}

function resolve(schema: InputSchema): InputSchema {
  const { $ref } = schema
  const name = typeof $ref === 'string' ? $ref.replace('#/$defs/', '') : ''
  return definitions[name] ?? schema
}

const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const isSchema = (value: unknown): value is InputSchema => typeof value === 'object' && value !== null

const schemasIn = (value: unknown) => (isSchema(value) ? (value as Record<string, InputSchema>) : {})

const textsIn = (value: unknown) =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
