import { describeProcedures, type JsonSchema, type Reason, schemaInSnakeCase, snakeCase } from '@tasklane/api'
import { headers, parameters, problemResponse, problemWith, refTo } from './openapi-components.ts'
import { type Operation, ownerParameter, type Place } from './operations.ts'
import { byStatus, describeReasons, reasonsOf } from './reasons-of.ts'

type Parameter = object

/** An operation at one of its places, as OpenAPI 3.1 describes it. */
export function describeOperation(operation: Operation, place: Place, aliases: readonly string[]): object {
  const { meta, rest, path } = operation
  const [tag = ''] = path.split('.')
  const isOwned = place.path.includes(`{${ownerParameter}}`)
  const name = nameOf(operation)
  return {
    operationId: isOwned ? `user${name}` : `${name[0]?.toLowerCase()}${name.slice(1)}`,
    tags: [tag],
    summary: rest.summary,
    ...(rest.description !== undefined && { description: rest.description }),
    ...(aliases.length > 0 && { 'x-aliases': aliases }),
    'x-procedure': path,
    security: meta.access === 'anybody' ? [] : [{ bearer: [] }],
    parameters: parametersOf(operation, isOwned),
    ...(operation.hasBody && { requestBody: requestBodyOf(operation) }),
    responses: {
      ...successOf(operation),
      ...errorsOf(reasonsOf(operation, place)),
      default: problemResponse,
    },
  }
}

function parametersOf(operation: Operation, isOwned: boolean): Parameter[] {
  const { fields, pathFields, hasBody, rest, meta } = operation
  const inQuery = hasBody ? [] : Object.keys(fields).filter((name) => !pathFields.includes(name))
  const required = operation.input.required ?? []
  const describe = (name: string, where: 'path' | 'query'): Parameter => {
    const { description, ...schema } = schemaInSnakeCase(fields[name] ?? {})
    return {
      ...{ name: snakeCase(name), in: where },
      ...(description !== undefined && { description }),
      required: where === 'path' || required.includes(name),
      schema,
    }
  }
  return [
    ...(isOwned ? [parameters.owner] : []),
    ...pathFields.map((name) => describe(name, 'path')),
    ...inQuery.map((name) => describe(name, 'query')),
    ...(operation.takesIfMatch ? [parameters.ifMatch] : []),
    ...(rest.isTask && rest.method === 'GET' ? [parameters.ifNoneMatch] : []),
    ...(meta.isKeyed ? [parameters.idempotencyKey] : []),
  ]
}

function nameOf({ path }: Operation): string {
  return path.replace(/(?:^|\.)(\w)/g, (_all, letter: string) => letter.toUpperCase())
}

/** What an operation takes as its body, under a name that stands for it wherever it is taken. */
export function bodySchema(operation: Operation): [name: string, schema: JsonSchema] {
  const { input, pathFields, rest } = operation
  const schema = withOtherNames(schemaInSnakeCase(without(input, pathFields)), rest.otherNames)
  return [`${nameOf(operation)}Body`, schema]
}

function requestBodyOf(operation: Operation): object {
  const [name, schema] = bodySchema(operation)
  return { required: needsFields(schema), content: { 'application/json': { schema: refTo(name) } } }
}

function needsFields({ required = [], oneOf = [] }: JsonSchema): boolean {
  return required.length > 0 || (oneOf.length > 0 && oneOf.every(needsFields))
}

function without(whole: JsonSchema, names: string[]): JsonSchema {
  if (names.length === 0) return whole
  const { properties = {}, required = [], examples, ...schema } = whole
  const isLeft = (name: string) => !names.includes(name)
  const left = (fields: object) => Object.fromEntries(Object.entries(fields).filter(([name]) => isLeft(name)))
  const needed = required.filter(isLeft)
  return {
    ...schema,
    type: 'object',
    properties: left(properties),
    ...(needed.length > 0 && { required: needed }),
    ...(examples && { examples: (examples as object[]).map(left) }),
    additionalProperties: false,
  }
}

/** One of the names has to be there, and one alone. Each says its type again, for generators of clients. */
function withOtherNames(schema: JsonSchema, otherNames: Operation['rest']['otherNames'] = {}): JsonSchema {
  const [entry] = Object.entries(otherNames)
  if (!entry) return schema
  const [field, others] = entry
  const names = [field, ...others].map(snakeCase)
  const { [snakeCase(field)]: property = {} } = schema.properties ?? {}
  return {
    ...schema,
    properties: { ...schema.properties, ...Object.fromEntries(names.map((name) => [name, property])) },
    required: (schema.required ?? []).filter((name) => name !== snakeCase(field)),
    oneOf: names.map((name) => ({ properties: { [name]: property }, required: [name] })),
  }
}

function successOf({ rest, output, meta }: Operation): object {
  const { status = 200, isTask = false, location } = rest
  const isLimited = meta.errors?.includes('RATE_LIMITED')
  const success = {
    description: successes[status],
    headers: {
      ...headers.ofAll,
      ...(isTask && headers.ofTask),
      ...(location !== undefined && headers.ofCreated),
      ...(isLimited && headers.ofLimited),
    },
    ...(status !== 204 && { content: { 'application/json': { schema: answerSchema(rest, output) } } }),
  }
  return {
    [status]: success,
    ...(isTask &&
      rest.method === 'GET' && {
        304: { description: 'The caller has it', headers: { ...headers.ofAll, ...headers.ofTask } },
      }),
  }
}

const successes = { 200: 'Done', 201: 'Created', 204: 'Done. No body' }

function answerSchema({ flat = {} }: Operation['rest'], output: JsonSchema): JsonSchema {
  const copies = Object.entries(flat).map(([name, path]) => [name, propertyAt(output, path)] as const)
  if (copies.length === 0) return schemaInSnakeCase(output)
  const { properties, required = [], ...schema } = resolved(output)
  return schemaInSnakeCase({
    ...schema,
    properties: { ...properties, ...Object.fromEntries(copies) },
    required: [...required, ...copies.map(([name]) => name)],
  })
}

function propertyAt(schema: JsonSchema, [name, ...path]: readonly string[]): JsonSchema {
  if (name === undefined) return schema
  return propertyAt((resolved(schema).properties?.[name] ?? {}) as JsonSchema, path)
}

/** The schema itself, or the one that it refers to. */
function resolved(schema: JsonSchema): JsonSchema {
  const name = /^#\/\$defs\/(\w+)$/.exec(schema.$ref ?? '')?.[1] ?? ''
  return describeProcedures().definitions[name] ?? schema
}

function errorsOf(all: Reason[]): object {
  return Object.fromEntries(
    byStatus(all).map(([status, reasons]) => [
      status,
      {
        description: describeReasons(reasons),
        headers: {
          ...headers.ofAll,
          ...(status === 401 && headers.ofUnauthorized),
          ...((status === 429 || status === 503) && headers.ofLater),
          ...(status === 429 && headers.ofLimited),
          ...((status === 409 || status === 412) && headers.ofTask),
        },
        content: { 'application/problem+json': { schema: problemWith(reasons, status) } },
      },
    ]),
  )
}
