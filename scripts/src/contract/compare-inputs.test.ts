import type { JsonSchema } from '@tasklane/api'
import { describe, expect, it } from 'vitest'
import {
  bodyAt,
  breaksBy,
  type ContractChange,
  fieldOf,
  operationAt,
  parameterAt,
} from './fixtures/contract-copy.ts'
import type { OpenApi } from './openapi-parts.ts'

const create = 'POST /api/tasks'
const list = 'GET /api/tasks'
const batch = 'POST /api/tasks/batch'
const deletion = 'POST /api/auth/delete-account'

type Change = (document: OpenApi) => void

const inField = (name: string, change: (field: JsonSchema) => void): Change => {
  return (document) => change(fieldOf(bodyAt(document, create), name))
}
const inLimit = (change: (limit: JsonSchema) => void): Change => {
  return (document) => change(parameterAt(document, list, 'limit'))
}
const inBody = (change: (body: JsonSchema) => void): Change => {
  return (document) => change(bodyAt(document, create))
}

/** Of a batch that is atomic. */
const operationsOf = (document: OpenApi) => {
  const [atomic = {}] = bodyAt(document, batch).oneOf ?? []
  return (fieldOf(atomic, 'operations').items as JsonSchema).oneOf
}

const priorityOf = ({ anyOf = [] }: JsonSchema) => anyOf.find((member) => member.enum)

interface Row extends ContractChange {
  /** What was done. */
  name: string
}

interface Breaking extends Row {
  breaks: string
}

const breaksOf = (row: Row) => breaksBy(row, ['/api/tasks', '/api/tasks/batch', '/api/auth/delete-account'])

const breaking: Breaking[] = [
  {
    name: 'a new required field',
    change: inBody((body) => {
      Object.assign(body.properties ?? {}, { color: { type: 'string' } })
      body.required?.push('color')
    }),
    breaks: `${create} body.color: is required now`,
  },
  {
    name: 'an optional field that becomes required',
    change: inBody(({ required }) => required?.push('tags')),
    breaks: `${create} body.tags: is required now`,
  },
  {
    name: 'a field that is gone',
    change: inBody(({ properties }) => delete properties?.['tags']),
    breaks: `${create} body.tags: is gone`,
  },
  {
    name: 'another type',
    change: inField('completed', (field) => Object.assign(field, { type: 'string' })),
    breaks: `${create} body.completed: takes boolean no longer`,
  },
  {
    name: 'a narrower type',
    earlier: inLimit((limit) => Object.assign(limit, { type: 'number' })),
    change: () => {},
    breaks: `${list} query.limit: takes number no longer`,
  },
  {
    name: 'a value of an enum that is gone',
    change: inField('priority', (field) => priorityOf(field)?.enum?.pop()),
    breaks: `${create} body.priority: takes "urgent" no longer`,
  },
  {
    name: 'an enum where any text was taken',
    change: inField('title', (field) => Object.assign(field, { enum: ['Buy milk'] })),
    breaks: `${create} body.title: takes only ["Buy milk"] now`,
  },
  {
    name: 'a higher lower bound',
    change: inField('title', (field) => Object.assign(field, { minLength: 2 })),
    breaks: `${create} body.title: its minLength is 2, was 1`,
  },
  {
    name: 'a lower upper bound of a text',
    change: inField('title', (field) => Object.assign(field, { maxLength: 499 })),
    breaks: `${create} body.title: its maxLength is 499, was 500`,
  },
  {
    name: 'a lower upper bound of a number',
    change: inLimit((limit) => Object.assign(limit, { maximum: 50 })),
    breaks: `${list} query.limit: its maximum is 50, was 100`,
  },
  {
    name: 'a lower upper bound of a list',
    change: inField('tags', (field) => Object.assign(field, { maxItems: 5 })),
    breaks: `${create} body.tags: its maxItems is 5, was 20`,
  },
  {
    name: 'a bound where there was none',
    change: inField('tags', (field) => Object.assign(field, { minItems: 1 })),
    breaks: `${create} body.tags: its minItems is 1, was none`,
  },
  {
    name: 'a tighter item of a list',
    change: inField('tags[]', (field) => Object.assign(field, { maxLength: 10 })),
    breaks: `${create} body.tags[]: its maxLength is 10, was 50`,
  },
  {
    name: 'another pattern',
    change: inField('title', (field) => Object.assign(field, { pattern: '^.*$' })),
    breaks: `${create} body.title: demands pattern "^.*$" now`,
  },
  {
    name: 'a pattern where there was none',
    change: inField('completed', (field) =>
      Object.assign(field, { type: ['boolean', 'string'], pattern: 'a' }),
    ),
    earlier: inField('completed', (field) => Object.assign(field, { type: ['boolean', 'string'] })),
    breaks: `${create} body.completed: demands pattern "a" now`,
  },
  {
    name: 'a format where there was none',
    change: inField('title', (field) => Object.assign(field, { format: 'email' })),
    breaks: `${create} body.title: demands format "email" now`,
  },
  {
    name: 'a demand that is not known here',
    change: inField('tags', (field) => Object.assign(field, { uniqueItems: true })),
    breaks: `${create} body.tags: demands uniqueItems true now`,
  },
  {
    name: 'null that is taken no longer',
    change: inField('description', (field) => {
      field.anyOf = field.anyOf?.filter(({ type }) => type !== 'null') ?? []
    }),
    breaks: `${create} body.description: takes null no longer`,
  },
  {
    name: 'another default',
    change: inLimit((limit) => Object.assign(limit, { default: 50 })),
    breaks: `${list} query.limit: its default is 50, was 20`,
  },
  {
    name: 'a default that is gone',
    change: inLimit((limit) => delete limit.default),
    breaks: `${list} query.limit: its default is gone, was 20`,
  },
  {
    name: 'unknown fields that are refused',
    earlier: inBody((body) => Object.assign(body, { additionalProperties: true })),
    change: () => {},
    breaks: `${create} body: has no further fields now`,
  },
  {
    name: 'a member of a union that is gone',
    change: (document) => operationsOf(document)?.pop(),
    breaks: `${batch} body.operations[]: takes {"op":"restore"} no longer`,
  },
  {
    name: 'a tighter member of a union',
    change: (document) =>
      Object.assign(fieldOf(operationsOf(document)?.[0] ?? {}, 'input.title'), { maxLength: 9 }),
    breaks: `${batch} body.operations[].input.title: its maxLength is 9, was 500`,
  },
  {
    name: 'a body that becomes required',
    change: (document) =>
      Object.assign(operationAt(document, deletion).requestBody ?? {}, { required: true }),
    breaks: `${deletion} body: is required now`,
  },
  {
    name: 'a body that is taken no longer',
    change: (document) => delete operationAt(document, create).requestBody,
    breaks: `${create} body: is taken as application/json no longer`,
  },
  {
    name: 'a parameter that is gone',
    change: (document) => {
      const operation = operationAt(document, list)
      operation.parameters = operation.parameters?.filter(({ name }) => name !== 'tag') ?? []
    },
    breaks: `${list} query.tag: is gone`,
  },
  {
    name: 'a header that is understood no longer',
    change: (document) => {
      const operation = operationAt(document, create)
      operation.parameters = operation.parameters?.filter(({ name }) => name !== 'Idempotency-Key') ?? []
    },
    breaks: `${create} header.Idempotency-Key: is gone`,
  },
  {
    name: 'a new required parameter',
    change: (document) =>
      operationAt(document, list).parameters?.push({ name: 'x', in: 'query', required: true, schema: true }),
    breaks: `${list} query.x: is required now`,
  },
  {
    name: 'a parameter that becomes required',
    change: (document) => {
      for (const parameter of operationAt(document, list).parameters ?? [])
        if (parameter.name === 'tag') parameter.required = true
    },
    breaks: `${list} query.tag: is required now`,
  },
]

const compatible: Row[] = [
  { name: 'nothing', change: () => {} },
  {
    name: 'a new optional field',
    change: inBody(({ properties }) => Object.assign(properties ?? {}, { color: { type: 'string' } })),
  },
  { name: 'a required field that becomes optional', change: inBody((body) => delete body.required) },
  {
    name: 'a new value of an enum',
    change: inField('priority', (field) => priorityOf(field)?.enum?.push('someday')),
  },
  {
    name: 'a wider type',
    change: inLimit((limit) => Object.assign(limit, { type: 'number' })),
  },
  {
    name: 'one more type',
    change: inField('completed', (field) => Object.assign(field, { type: ['boolean', 'integer'] })),
  },
  {
    name: 'looser bounds',
    change: inField('title', (field) => Object.assign(field, { minLength: 0, maxLength: 501 })),
  },
  { name: 'a bound that is gone', change: inField('tags', (field) => delete field.maxItems) },
  { name: 'a pattern that is gone', change: inField('title', (field) => delete field.pattern) },
  { name: 'a format that is gone', change: inField('id', (field) => delete field.format) },
  {
    name: 'null that is taken',
    change: inField('completed', (field) => Object.assign(field, { type: ['boolean', 'null'] })),
  },
  {
    name: 'null that is written in another way',
    change: inField('priority', (field) => {
      const values = [...(priorityOf(field)?.enum ?? []), null]
      delete field.anyOf
      field.enum = values
    }),
  },
  {
    name: 'a default where there was none',
    change: inField('completed', (field) => Object.assign(field, { default: false })),
  },
  {
    name: 'unknown fields that are taken',
    change: inBody((body) => Object.assign(body, { additionalProperties: true })),
  },
  {
    name: 'a new member of a union, and another order of them',
    change: (document) => {
      operationsOf(document)?.push({ type: 'object', properties: { op: { const: 'purge' } } })
      operationsOf(document)?.reverse()
    },
  },
  {
    name: 'a body that becomes optional',
    change: (document) => Object.assign(operationAt(document, create).requestBody ?? {}, { required: false }),
  },
  {
    name: 'a new optional parameter',
    change: (document) =>
      operationAt(document, list).parameters?.push({ name: 'x', in: 'query', schema: true }),
  },
  {
    name: 'other words and examples',
    change: (document) => {
      Object.assign(operationAt(document, create), { summary: 'x', description: 'x', tags: ['x'] })
      Object.assign(bodyAt(document, create), { description: 'x', title: 'x', examples: [] })
    },
  },
  {
    name: 'a schema that moves to the components',
    change: (document) => {
      const { properties = {} } = bodyAt(document, create)
      document.components.schemas['Tags'] = properties['tags'] ?? false
      properties['tags'] = { $ref: '#/components/schemas/Tags' }
    },
  },
]

describe('what callers send', () => {
  it.each(breaking)('breaks by $name', (row) => {
    expect(breaksOf(row)).toEqual([row.breaks])
  })

  it.each(compatible)('does not break by $name', (row) => {
    expect(breaksOf(row)).toEqual([])
  })
})
