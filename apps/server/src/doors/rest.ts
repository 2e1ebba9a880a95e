import {
  AppError,
  createCaller,
  createContext,
  type Dependencies,
  parseJson,
  refusalOf,
  requireUser,
  type Spelling,
} from '@tasklane/api'
import { TRPCError } from '@trpc/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { callerOf } from '../caller.ts'
import { rateLimitHeaders } from '../rate-limit-headers.ts'
import {
  aliasPlaces,
  mainPlaces,
  type Operation,
  ownerParameter,
  type Place,
  restOperations,
} from '../rest/operations.ts'
import { readIdempotencyKey, readInput } from '../rest/read-input.ts'
import { writeAnswer } from '../rest/write-answer.ts'
import { takeJsonAlone } from './json-text.ts'

type Procedure = (input: unknown) => Promise<Record<string, unknown>>

/** Every procedure that has a face for plain HTTP, with paths, methods and status codes. */
export function restDoor(app: FastifyInstance, dependencies: Dependencies): void {
  // A call without a body needs no content type, and one with an empty body is one without.
  takeJsonAlone(app, (text) => (text === '' ? undefined : parseJson(text)))

  for (const operation of restOperations()) {
    for (const place of [...mainPlaces(operation), ...aliasPlaces(operation)]) {
      const url = place.path.replace(/\{(\w+)\}/g, ':$1')
      app.route({
        ...{ method: operation.rest.method, url },
        config: { procedure: operation.path },
        handler: (req, res) => answer({ dependencies, operation, place }, req, res),
      })
    }
  }
}

interface Served {
  dependencies: Dependencies
  operation: Operation
  place: Place
}

async function answer(served: Served, req: FastifyRequest, res: FastifyReply): Promise<FastifyReply> {
  const { dependencies, operation, place } = served
  const caller = callerOf(req)
  const { [ownerParameter]: pathOwnerId } = req.params as Record<string, string>
  const guarding = createContext(dependencies, { ...caller, pathOwnerId })
  // Strangers learn that they are, before anything of their request is looked at.
  if (pathOwnerId !== undefined) await requireUser(guarding, { changesSomething: false })
  else if (operation.meta.access !== 'anybody') await guarding.authenticate()
  const { input, hasIfMatch, spelling } = readInput(operation, req)
  const ctx = { ...guarding, spelling, idempotencyKey: readIdempotencyKey(operation, req) }
  const made = await callProcedure({ operation, ctx, input })
    .catch((error: unknown) => {
      throw refusalFor(error, { hasIfMatch, spelling })
    })
    // Before anything is sent: headers that come later are lost.
    .finally(() => {
      res.headers(rateLimitHeaders(ctx.rateLimits))
    })
  return writeAnswer({ operation, place }, { req, res, answer: made })
}

interface Call {
  operation: Operation
  ctx: Parameters<typeof createCaller>[0]
  input: unknown
}

async function callProcedure({ operation, ctx, input }: Call): Promise<Record<string, unknown>> {
  const caller: unknown = createCaller(ctx)
  const steps = operation.path.split('.')
  const procedure = steps.reduce((from, name) => (from as Record<string, unknown>)[name], caller)
  return await (procedure as Procedure)(input)
}

/** What came with `If-Match` fails as it says. */
function refusalFor(
  error: unknown,
  { hasIfMatch, spelling }: { hasIfMatch: boolean; spelling: Spelling },
): unknown {
  if (!(error instanceof TRPCError)) return error
  const refusal = refusalOf(error, spelling)
  if (!hasIfMatch || refusal.reason !== 'VERSION_CONFLICT') return refusal
  return new AppError('PRECONDITION_FAILED', refusal.details)
}
