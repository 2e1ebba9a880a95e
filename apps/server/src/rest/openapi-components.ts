import type { Reason } from '@tasklane/api'

/** A schema by its name. */
export function refTo(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` }
}

const entityTag = { type: 'string', pattern: '^"\\d+"$', examples: ['"3"'] }
const count = { type: 'integer', minimum: 0 }

const optional = (description: string, schema: object) => ({ description, schema })
const always = (description: string, schema: object) => ({ description, required: true, schema })

/** The headers of answers. */
export const headers = {
  ofAll: { 'X-Request-Id': always('Names this request in the log.', { type: 'string' }) },
  ofTask: { ETag: optional('The version of the task, for `If-Match`.', entityTag) },
  ofCreated: { Location: always('Where it is.', { type: 'string' }) },
  ofUnauthorized: { 'WWW-Authenticate': always('RFC 6750.', { type: 'string', pattern: '^Bearer ' }) },
  ofLater: { 'Retry-After': optional('Seconds to wait.', count) },
  ofLimited: {
    RateLimit: optional('How the tightest limit stands. draft-ietf-httpapi-ratelimit-headers-10.', {
      type: 'string',
    }),
    'RateLimit-Policy': optional('What the limit is.', { type: 'string' }),
    'RateLimit-Limit': optional('Attempts in a window.', count),
    'RateLimit-Remaining': optional('Attempts left.', count),
    'RateLimit-Reset': optional('Seconds until the window ends.', count),
  },
}

/** What several operations take. */
export const parameters = {
  owner: {
    ...{ name: 'user_id', in: 'path', required: true },
    description: 'Whose tasks. Nobody but the caller.',
    schema: { type: 'string', format: 'uuid' },
  },
  ifMatch: {
    ...{ name: 'If-Match', in: 'header', required: false },
    description: 'The `ETag` of the task that is to be changed. With another version it is 412.',
    schema: { type: 'string', pattern: '^(\\*|(W/)?"[!#-~\\u0080-\\u00FF]*")$', examples: ['"3"'] },
  },
  ifNoneMatch: {
    ...{ name: 'If-None-Match', in: 'header', required: false },
    description: 'The `ETag` of the task that the caller has. If it is still the same, the answer is 304.',
    schema: { type: 'string', examples: ['"3"'] },
  },
  idempotencyKey: {
    ...{ name: 'Idempotency-Key', in: 'header', required: false },
    description:
      'Your own name for this call, such as a UUID. Made again under it within 24 hours, the call does nothing ' +
      'and answers as it did. Calls that were refused are not kept.',
    schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
  },
}

/** An error with one of these codes. */
export function problemWith(reasons: readonly Reason[], status?: number): object {
  const properties = {
    ...(status !== undefined && { status: { type: 'integer', const: status } }),
    code: { type: 'string', enum: reasons },
  }
  return { allOf: [refTo('Problem'), { type: 'object', properties, required: Object.keys(properties) }] }
}

const ofEveryRequest: Reason[] = [
  ...(['INPUT_MALFORMED', 'REQUEST_INVALID', 'ROUTE_NOT_FOUND', 'METHOD_NOT_SUPPORTED'] as const),
  ...(['REQUEST_TIMEOUT', 'PAYLOAD_TOO_LARGE', 'URI_TOO_LONG', 'MEDIA_TYPE_UNSUPPORTED'] as const),
  ...(['HEADERS_TOO_LARGE', 'INTERNAL'] as const),
]

/** For what is refused before an operation is reached. */
export const problemResponse = {
  description: 'Refused before it was looked at: by its method, its size or its headers.',
  content: { 'application/problem+json': { schema: problemWith(ofEveryRequest) } },
}

const status = (description: string, value: string) => ({
  description,
  headers: headers.ofAll,
  content: {
    'application/json': {
      schema: {
        ...{ type: 'object', properties: { status: { const: value } }, required: ['status'] },
        additionalProperties: false,
      },
    },
  },
})

const publicKey = {
  type: 'object',
  properties: { kty: { type: 'string' }, kid: { type: 'string' }, alg: { type: 'string' } },
  ...{ required: ['kty', 'kid', 'alg'], additionalProperties: true },
}

/** What no procedure answers. */
export const otherPaths = {
  '/health': {
    get: {
      ...{ operationId: 'health', tags: ['health'], summary: 'Whether the process runs', security: [] },
      responses: { 200: status('It runs', 'ok'), '4XX': problemResponse },
    },
  },
  '/health/ready': {
    get: {
      ...{ operationId: 'healthReady', tags: ['health'], summary: 'Whether the server can do its work' },
      security: [],
      responses: {
        200: status('The database answers and is migrated', 'ready'),
        503: {
          ...status('It does not', 'unavailable'),
          headers: { ...headers.ofAll, ...headers.ofLater },
        },
        '4XX': problemResponse,
      },
    },
  },
  '/.well-known/jwks.json': {
    get: {
      ...{ operationId: 'jwks', tags: ['health'], summary: 'The public keys of the access tokens' },
      security: [],
      responses: {
        200: {
          description: 'A JWK set, RFC 7517. Empty when a secret signs.',
          headers: headers.ofAll,
          content: {
            'application/jwk-set+json': {
              schema: {
                ...{ type: 'object', properties: { keys: { type: 'array', items: publicKey } } },
                ...{ required: ['keys'], additionalProperties: false },
              },
            },
          },
        },
        '4XX': problemResponse,
      },
    },
  },
  '/api/openapi.json': {
    get: {
      ...{ operationId: 'openapi', tags: ['health'], summary: 'This document', security: [] },
      responses: {
        200: {
          description: 'OpenAPI 3.1',
          headers: headers.ofAll,
          content: { 'application/json': { schema: { type: 'object', additionalProperties: true } } },
        },
        '4XX': problemResponse,
      },
    },
  },
}
