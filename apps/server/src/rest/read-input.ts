import {
  fromSnakeCase,
  type InputIssue,
  type JsonSchema,
  nameFromSnakeCase,
  refuseInput,
  type Spelling,
  snakeSpelling,
  takesNames,
} from '@tasklane/api'
import type { FastifyRequest } from 'fastify'
import type { Operation } from './operations.ts'

/** A version that no task has, for an entity tag that is none of ours. */
const impossibleVersion = Number.MAX_SAFE_INTEGER

/** What a request says, as its procedure takes it. */
export interface RequestInput {
  input: Record<string, unknown>
  /** Whether the version that it expects came as `If-Match`. */
  hasIfMatch: boolean
  spelling: Spelling
}

/**
 * Puts the input together from path, query or body, and headers. Unknown names are left in, for the
 * contract to refuse.
 *
 * @throws AppError `INPUT_INVALID` or `INPUT_CONTRADICTORY` for what no contract sees.
 */
export function readInput(operation: Operation, req: FastifyRequest): RequestInput {
  const query = readQuery(operation, req.query as Record<string, string | string[]>)
  const body = readBody(operation, req.body)
  const { body: renamed, given } = withOtherNames(operation, body)
  const ifMatch = operation.takesIfMatch ? readIfMatch(req.headers['if-match']) : undefined
  const path = readPath(operation, req.params as Record<string, string>)
  if (ifMatch !== undefined && (renamed['expectedVersion'] ?? query['expectedVersion']) !== undefined)
    throw refuseInput(
      [{ path: ['expected_version'], message: 'Not together with If-Match' }],
      'INPUT_CONTRADICTORY',
    )
  const all = { ...query, ...renamed, ...path, ...(ifMatch !== undefined && { expectedVersion: ifMatch }) }
  return {
    input: all,
    hasIfMatch: ifMatch !== undefined,
    spelling: { ...snakeSpelling, name: (field) => given.get(field) ?? snakeSpelling.name(field) },
  }
}

function readPath({ pathFields }: Operation, params: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(pathFields.map((name) => [name, params[name]]))
}

/** Text becomes what the contract takes in its place, where it can. */
function readQuery(
  { fields, hasBody, pathFields }: Operation,
  query: Record<string, string | string[]>,
): Record<string, unknown> {
  const issues: InputIssue[] = []
  const entries = Object.entries(query).map(([name, value]) => {
    const field = Object.keys(fromSnakeCase({ [name]: null }) as object)[0] ?? name
    const isKnown = field in fields && !hasBody && !pathFields.includes(field)
    if (!isKnown) issues.push({ path: [name], message: 'Unknown parameter' })
    else if (Array.isArray(value)) issues.push({ path: [name], message: 'Given more than once' })
    const schema = fields[field]
    return [field, takesNames(schema) ? nameFromSnakeCase(value) : readValue(String(value), schema?.type)]
  })
  if (issues.length > 0) throw refuseInput(issues)
  return Object.fromEntries(entries)
}

function readValue(text: string, type: JsonSchema['type']): unknown {
  if (type === 'integer' && /^-?\d{1,20}$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

function readBody({ hasBody, pathFields }: Operation, body: unknown): Record<string, unknown> {
  if (body === undefined) return {}
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw refuseInput([{ path: [], message: 'The body must be a JSON object' }])
  const names = Object.keys(body)
  if (!hasBody && names.length > 0)
    throw refuseInput([{ path: [], message: 'No body is taken here. Use the query' }])
  const inPath = names.filter((name) => pathFields.includes(name))
  if (inPath.length > 0)
    throw refuseInput(inPath.map((name) => ({ path: [name], message: 'Stands in the path' })))
  return fromSnakeCase(body) as Record<string, unknown>
}

/** `given` says which name stands for a field. */
function withOtherNames(
  { rest: { otherNames = {} } }: Operation,
  body: Record<string, unknown>,
): { body: Record<string, unknown>; given: Map<string, string> } {
  const given = new Map<string, string>()
  const renamed = { ...body }
  for (const [field, others] of Object.entries(otherNames)) {
    const names = [field, ...others].filter((name) => name in body)
    const [name] = names
    if (names.length > 1) {
      const [, ...tooMany] = names.map(snakeSpelling.name)
      const message = `Give only one of ${[field, ...others].map(snakeSpelling.name).join(', ')}`
      throw refuseInput(tooMany.map((other) => ({ path: [other], message })))
    }
    if (name === undefined || name === field) continue
    renamed[field] = body[name]
    delete renamed[name]
    given.set(field, name)
  }
  return { body: renamed, given }
}

/** RFC 9110 §13.1.1. `*` expects nothing of the version, and a weak tag is never the same. */
function readIfMatch(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined
  if (!/^(W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/.test(header.trim()))
    throw refuseInput([{ path: ['If-Match'], message: 'Must be one ETag, such as "3", or *' }])
  const version = Number(/^"([1-9]\d{0,9})"$/.exec(header.trim())?.[1] ?? impossibleVersion)
  return version
}

/**
 * The caller's name for its call. draft-ietf-httpapi-idempotency-key-header-07, §2.1: any of our own choice,
 * with or without quotes.
 *
 * @throws AppError `INPUT_INVALID`.
 */
export function readIdempotencyKey(
  { meta: { isKeyed = false } }: Operation,
  { headers }: FastifyRequest,
): string | undefined {
  const header = headers['idempotency-key']
  if (header === undefined || !isKeyed) return undefined
  if (typeof header === 'string' && /^[\x21-\x7e]{1,255}$/.test(header)) return header
  const message = 'Must have 1 to 255 visible ASCII characters, such as a UUID'
  throw refuseInput([{ path: ['Idempotency-Key'], message }])
}
