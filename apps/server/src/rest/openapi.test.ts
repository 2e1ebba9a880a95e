import { createConfig, lintFromString } from '@redocly/openapi-core'
import { describeProcedures, type JsonSchema } from '@tasklane/api'
import { describe, expect, it } from 'vitest'
import { type DescribedOperation, readSchema } from './fixtures/contract.ts'
import { openApiDocument } from './openapi.ts'

const document = openApiDocument()
const { procedures } = describeProcedures()

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods as Record<string, DescribedOperation & { summary: string }>).map(
    ([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation }),
  ),
)

function bodyOf({ requestBody }: DescribedOperation): JsonSchema | undefined {
  const schema = requestBody?.content['application/json'].schema as JsonSchema | undefined
  const name = schema?.$ref?.split('/').at(-1)
  return name === undefined ? schema : openApiDocument().components.schemas[name]
}

it('has nothing that Redocly objects to, but two paths that are both asked for', async () => {
  const config = await createConfig({ extends: ['recommended'] })
  const problems = await lintFromString({ source: JSON.stringify(document), config })
  // No user's id is `tasks`, and no task's: ids are UUIDs. So no request is meant by both.
  expect(problems.map(({ ruleId, message }) => ({ ruleId, message }))).toEqual([
    {
      ruleId: 'no-ambiguous-paths',
      message: expect.stringMatching(/`\/api\/\{user_id\}\/tasks` and `\/api\/tasks\/\{id\}`/),
    },
  ])
})

describe('examples', () => {
  it('show every body that has fields', () => {
    const unshown = operations.filter(({ operation }) => {
      const { properties = {}, examples = [] } = bodyOf(operation) ?? {}
      return Object.keys(properties).length > 0 && examples.length === 0
    })
    expect(unshown.map(({ name }) => name)).toEqual([])
  })

  it.each(['Task', 'User'])('show a %s', (name) => {
    expect(document.components.schemas[name]?.examples?.length).toBeGreaterThan(0)
  })

  it('are all as the schema says in which they stand', () => {
    const found = schemasWithExamples(document)
    expect(found.length).toBeGreaterThan(100)
    const wrong = found.flatMap((schema) => {
      const { examples, ...rest } = schema
      return examples
        .filter((example) => !readSchema(rest)(example))
        .map((example) => JSON.stringify({ example, rest }))
    })
    expect(wrong).toEqual([])
  })
})

/** Where fields may be called `examples`, their names are not looked at. */
function schemasWithExamples(value: unknown, areNames = false): (JsonSchema & { examples: unknown[] })[] {
  if (Array.isArray(value)) return value.flatMap((each) => schemasWithExamples(each))
  if (typeof value !== 'object' || value === null) return []
  const inside = Object.entries(value).flatMap(([name, each]) =>
    !areNames && name === 'examples' ? [] : schemasWithExamples(each, name === 'properties'),
  )
  const isShown = !areNames && 'examples' in value && Array.isArray(value.examples)
  return isShown ? [value as JsonSchema & { examples: unknown[] }, ...inside] : inside
}

describe('operations', () => {
  it('have ids of their own', () => {
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
  })

  it.each(operations)('$name says what it does, who may call and what it answers', ({ operation }) => {
    expect(operation.summary).toMatch(/\S/)
    expect(operation.security).toBeInstanceOf(Array)
    expect(Object.keys(operation.responses).some((status) => /^2\d\d$/.test(status))).toBe(true)
    expect(Object.keys(operation.responses).some((status) => /^(4|default)/.test(status))).toBe(true)
  })

  it('need no token where anybody may call, and nowhere else', () => {
    const isForAnybody = ({ 'x-procedure': path }: DescribedOperation) =>
      path === undefined || procedures.find((each) => each.path === path)?.meta.access === 'anybody'
    for (const { name, operation } of operations)
      expect(operation.security, name).toEqual(isForAnybody(operation) ? [] : [{ bearer: [] }])
  })

  it('are there for every procedure but the live feed', () => {
    const served = new Set(operations.map(({ operation }) => operation['x-procedure']))
    expect(procedures.map(({ path }) => path).filter((path) => !served.has(path))).toEqual(['tasks.onChange'])
  })
})

describe('the constraints of a contract', () => {
  const served = operations.flatMap(({ name, operation }) => {
    const procedure = procedures.find(({ path }) => path === operation['x-procedure'])
    return procedure ? [{ name, operation, input: procedure.input }] : []
  })

  it.each(served)('are all kept in $name', ({ operation, input }) => {
    const body = bodyOf(operation)
    const parameters = (operation.parameters ?? []).map(({ name, schema }) => [name, schema])
    const fields = { ...body?.properties, ...Object.fromEntries(parameters) } as Record<string, JsonSchema>
    for (const [name, field] of Object.entries(input.properties ?? {})) {
      const described = fields[snakeCase(name)]
      expect(described, name).toBeDefined()
      expect(constraintsOf(described, ''), name).toEqual(constraintsOf(inSnakeCase(field), ''))
    }
  })

  it.each(served)('say which fields $name needs', ({ operation, input }) => {
    const body = bodyOf(operation)
    const needed = [
      ...(body?.required ?? []),
      ...(body?.oneOf ?? []).flatMap(({ required = [] }) => required),
      ...(operation.parameters ?? []).filter(({ required }) => required).map(({ name }) => name),
    ]
    expect(needed).toEqual(expect.arrayContaining((input.required ?? []).map(snakeCase)))
    const forms = body?.properties ? [body] : (body?.oneOf ?? [])
    if (body) expect(forms.length).toBeGreaterThan(0)
    for (const form of forms) expect(form.additionalProperties).toBe(false)
    if ((body?.required ?? body?.oneOf ?? []).length > 0) expect(operation.requestBody?.required).toBe(true)
  })

  it('are more than a few', () => {
    const all = served.flatMap(({ input }) => constraintsOf(input, ''))
    for (const keyword of ['minimum', 'maxLength', 'pattern', 'format', 'enum', 'maxItems', 'type'])
      expect(all.filter((each) => each.includes(` ${keyword} `)).length, keyword).toBeGreaterThan(2)
  })
})

const remarks = ['description', 'examples', 'title']

/** Every keyword that constrains a value, by where it stands. */
function constraintsOf(value: unknown, place: string): string[] {
  if (typeof value !== 'object' || value === null) return [`${place} ${JSON.stringify(value)}`]
  return Object.entries(value)
    .flatMap(([name, each]) => {
      if (remarks.includes(name) && !place.endsWith('properties')) return []
      if (typeof each === 'object' && !Array.isArray(each)) return constraintsOf(each, `${place}/${name}`)
      const isList = Array.isArray(each) && each.some((item) => typeof item === 'object' && item !== null)
      return isList ? constraintsOf(each, `${place}/${name}`) : [`${place} ${name} ${JSON.stringify(each)}`]
    })
    .sort()
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Every word of the contract's in the door's spelling: a rougher way than the door's own. */
function inSnakeCase(schema: unknown): unknown {
  const text = JSON.stringify(schema).replace(/"([a-z]+(?:[A-Z][a-z]+)+)"/g, (_all, name: string) =>
    keywords.includes(name) ? `"${name}"` : `"${snakeCase(name)}"`,
  )
  return JSON.parse(text.replaceAll('#/$defs/', '#/components/schemas/'))
}

const keywords = [
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'anyOf',
  'oneOf',
  'allOf',
  'additionalProperties',
]
