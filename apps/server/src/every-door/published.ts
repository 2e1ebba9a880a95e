import type { DescribedOperation } from '../rest/fixtures/contract.ts'
import { openApiDocument } from '../rest/openapi.ts'
import { inSnakeCase, toSnake } from './snake-case.ts'

/** An operation of the published document, and where it stands there. */
export interface Published {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  operation: DescribedOperation
}

/** The place of all, or the one below the owner. */
export type Place = 'own' | 'owned'

const ownedRoot = '/api/{user_id}/'

const published = Object.entries(openApiDocument().paths).flatMap(([path, methods]) =>
  Object.entries(methods as Record<string, DescribedOperation>).map(
    ([method, operation]): Published => ({
      ...{ path, operation },
      method: method.toUpperCase() as Published['method'],
    }),
  ),
)

/** The face of a procedure in the document. */
export function publishedAt(place: Place, procedure: string): Published | undefined {
  return published.find(
    ({ path, operation }) =>
      operation['x-procedure'] === procedure && path.startsWith(ownedRoot) === (place === 'owned'),
  )
}

export function takesIfMatch({ operation }: Published): boolean {
  return operation.parameters?.some(({ name }) => name === 'If-Match') ?? false
}

export interface RestInput {
  input: object | undefined
  /** Whose tasks, where the path says so. */
  ownerId?: string | undefined
  /** Whether the expected version goes into `If-Match`. */
  byIfMatch?: boolean
}

/** Puts an input where the document says that its fields belong. */
export function requestOf(
  { path, operation }: Published,
  { input, ownerId = 'nobody', byIfMatch = false }: RestInput,
) {
  const fields = new Map(Object.entries(inSnakeCase(input ?? {}) as object))
  const take = (name: string): unknown => {
    const value: unknown = fields.get(name)
    fields.delete(name)
    return value
  }
  const version: unknown = byIfMatch ? take('expected_version') : undefined
  const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(String(name === 'user_id' ? ownerId : take(name))),
  )
  const query = operation.requestBody ? {} : queryOf(operation, fields)
  return {
    path: filled,
    headers: version === undefined ? {} : { 'if-match': `"${version}"` },
    ...(Object.keys(query).length > 0 && { query }),
    ...(operation.requestBody && input && { body: Object.fromEntries(fields) }),
  }
}

/** A parameter whose values are names of fields has them in snake_case. */
function queryOf({ parameters = [] }: DescribedOperation, fields: Map<string, unknown>) {
  const entries = [...fields].map(([name, value]) => {
    const schema = parameters.find((each) => each.name === name)?.schema as { enum?: unknown[] } | undefined
    const snake = toSnake(String(value))
    return [name, schema?.enum?.includes(snake) ? snake : String(value)] as const
  })
  return Object.fromEntries(entries)
}
