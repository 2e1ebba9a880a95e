import { readFileSync } from 'node:fs'
import { describeProcedures, type JsonSchema, jsonSchema, Problem, schemaInSnakeCase } from '@tasklane/api'
import { otherPaths, refTo } from './openapi-components.ts'
import { bodySchema, describeOperation } from './openapi-operation.ts'
import { aliasPlaces, mainPlaces, restOperations } from './operations.ts'

/** Of this release. */
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const tags = [
  { name: 'tasks', description: 'Tasks of the caller. `/tasks` answers as `/api/tasks`.' },
  { name: 'auth', description: 'Signing in, and the account.' },
  { name: 'sessions', description: 'Where the user is signed in.' },
  { name: 'tokens', description: 'Long-lived credentials for scripts and tools.' },
  { name: 'users', description: 'For administrators: who may sign in.' },
  { name: 'security', description: 'For administrators: who tries to get in.' },
  { name: 'health', description: 'For monitors and other services. No token, and a query is ignored.' },
]

/** Where the description is. */
export const openApiPath = '/api/openapi.json'

export interface OpenApiDocument {
  openapi: string
  info: object
  paths: Record<string, Record<string, object>>
  components: { schemas: Record<string, JsonSchema> }
}

let described: OpenApiDocument | undefined

/** The REST door, described. OpenAPI 3.1, read off the procedures. */
export function openApiDocument(): OpenApiDocument {
  described ??= describe()
  return described
}

function describe(): OpenApiDocument {
  const { definitions } = describeProcedures()
  const schemas = { ...definitions }
  jsonSchema(Problem, { io: 'output', definitions: schemas })
  const paths: Record<string, object> = {}
  const bodies = restOperations()
    .filter(({ hasBody }) => hasBody)
    .map(bodySchema)
  for (const operation of restOperations()) {
    const aliases = aliasPlaces(operation).map(({ path }) => path)
    for (const [index, place] of mainPlaces(operation).entries()) {
      paths[place.path] = {
        ...paths[place.path],
        [operation.rest.method.toLowerCase()]: describeOperation(
          operation,
          place,
          index === 0 ? aliases : [],
        ),
      }
    }
  }
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Tasklane',
      version,
      summary: 'Tasks that belong to exactly one user.',
      description:
        'Every answer is JSON in snake_case. Every error is `application/problem+json` (RFC 9457) with a stable `code`. ' +
        'Instants are RFC 3339, days are `YYYY-MM-DD`. Unknown fields and parameters are refused by name.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This server' }],
    tags,
    paths: { ...paths, ...otherPaths },
    components: {
      securitySchemes: {
        bearer: {
          ...{ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          description: 'An access token of `/api/auth/login`, a token of a trusted issuer, or an API token.',
        },
      },
      schemas: Object.fromEntries([
        ...Object.entries(schemas).map(([name, schema]) => [name, schemaInSnakeCase(schema)]),
        ...bodies,
      ]) as Record<string, JsonSchema>,
    },
  }
  return withReferences(document) as OpenApiDocument
}

/** JSON Schema keeps what it refers to in another place than OpenAPI. */
function withReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withReferences)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, each]) => {
    const definition = name === '$ref' && /^#\/\$defs\/(\w+)$/.exec(String(each))?.[1]
    return definition ? ['$ref', refTo(definition).$ref] : [name, withReferences(each)]
  })
  return Object.fromEntries(entries)
}
