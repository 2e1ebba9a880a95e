import { isDeepStrictEqual } from 'node:util'
import { compareResponses } from './compare-responses.ts'
import { type Break, compareSchemas, type Documents, type Pair } from './compare-schemas.ts'
import type { OpenApi, Operation, Parameter } from './openapi-parts.ts'

/** Where an OpenAPI document breaks with the one that it replaces. */
export function compareOpenApi({ before, after }: Pair<OpenApi>): Break[] {
  const areAlike = isDeepStrictEqual(before.components.schemas, after.components.schemas)
  const documents = { before, after, areAlike }
  const operations = Object.entries(before.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, old]) => {
      const where = `${method.toUpperCase()} ${path}`
      const next = after.paths[path]?.[method]
      if (!next) return [{ where, what: 'is gone' }]
      return compareOperations({ before: old, after: next }, { documents, where, method })
    }),
  )
  return [...serverBreaks(documents), ...schemeBreaks(documents), ...operations]
}

function serverBreaks({ before, after }: Pair<OpenApi>): Break[] {
  return (before.servers ?? [])
    .filter(({ url }) => !after.servers?.some((server) => server.url === url))
    .map(({ url }) => ({ where: `server ${url}`, what: 'is gone' }))
}

function schemeBreaks({ before, after }: Pair<OpenApi>): Break[] {
  const essence = ({ description: _description, ...scheme }: Record<string, unknown> = {}) => scheme
  return Object.entries(before.components.securitySchemes ?? {})
    .filter(
      ([name, scheme]) =>
        !isDeepStrictEqual(essence(scheme), essence(after.components.securitySchemes?.[name])),
    )
    .map(([name]) => ({ where: `security scheme ${name}`, what: 'has changed' }))
}

interface Place {
  documents: Pair<OpenApi> & Documents
  where: string
  method: string
}

function compareOperations(operations: Pair<Operation>, place: Place): Break[] {
  const { before, after } = operations
  const { where, documents } = place
  const isRenamed = before.operationId !== after.operationId
  return [
    ...(isRenamed
      ? [{ where, what: `its operationId is ${after.operationId}, was ${before.operationId}` }]
      : []),
    ...aliasBreaks(operations, place),
    ...securityBreaks(operations, where),
    ...parameterBreaks(operations, place),
    ...bodyBreaks(operations, place),
    ...compareResponses({ before: before.responses, after: after.responses }, { where, documents }),
  ]
}

/** An alias may become a path of its own. */
function aliasBreaks({ before, after }: Pair<Operation>, { documents, where, method }: Place): Break[] {
  return (before['x-aliases'] ?? [])
    .filter((alias) => !after['x-aliases']?.includes(alias) && !documents.after.paths[alias]?.[method])
    .map((alias) => ({ where, what: `its alias ${alias} is gone` }))
}

function securityBreaks({ before, after }: Pair<Operation>, where: string): Break[] {
  const isForAnybody = ({ security }: Operation) =>
    security.length === 0 || security.some((need) => Object.keys(need).length === 0)
  if (isForAnybody(after)) return []
  if (isForAnybody(before)) return [{ where, what: 'needs a token now' }]
  return before.security
    .filter((need) => !after.security.some((each) => isDeepStrictEqual(each, need)))
    .map((need) => ({ where, what: `takes ${JSON.stringify(need)} no longer` }))
}

function parameterBreaks({ before, after }: Pair<Operation>, { documents, where }: Place): Break[] {
  const placeOf = (parameter: Parameter) => `${where} ${parameter.in}.${parameter.name}`
  const find = (all: Parameter[] = [], { name, in: where }: Parameter) =>
    all.find((each) => each.name === name && each.in === where)
  const needed = (after.parameters ?? []).filter(
    (parameter) => parameter.required && !find(before.parameters, parameter)?.required,
  )
  const kept = (before.parameters ?? []).flatMap((old) => {
    const next = find(after.parameters, old)
    if (!next) return [{ where: placeOf(old), what: 'is gone' }]
    const schemas = { before: old.schema, after: next.schema }
    return compareSchemas(schemas, { documents, direction: 'input', where: placeOf(old) })
  })
  return [...needed.map((parameter) => ({ where: placeOf(parameter), what: 'is required now' })), ...kept]
}

function bodyBreaks({ before, after }: Pair<Operation>, { documents, where }: Place): Break[] {
  const place = `${where} body`
  const isNeeded = after.requestBody?.required && !before.requestBody?.required
  const kept = Object.entries(before.requestBody?.content ?? {}).flatMap(([type, { schema }]) => {
    const next = after.requestBody?.content[type]
    if (!next) return [{ where: place, what: `is taken as ${type} no longer` }]
    return compareSchemas(
      { before: schema, after: next.schema },
      { documents, direction: 'input', where: place },
    )
  })
  return [...(isNeeded ? [{ where: place, what: 'is required now' }] : []), ...kept]
}
