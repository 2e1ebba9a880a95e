import {
  AppError,
  appRouter,
  type Context,
  createContext,
  type Dependencies,
  publicError,
} from '@tasklane/api'
import { contractHeader, oldestContractVersion, requestLimits } from '@tasklane/api/contract'
import { describeError } from '@tasklane/db'
import type { TRPCError } from '@trpc/server'
import { fastifyRequestHandler } from '@trpc/server/adapters/fastify'
import type { TRPCRequestInfo } from '@trpc/server/http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { callerOf } from '../caller.ts'
import { rateLimitHeaders } from '../rate-limit-headers.ts'
import { refusalHeaders } from '../refusal-headers.ts'
import { takeJsonAlone } from './json-text.ts'

/** Room for a hundred procedure names. */
const pathLengthMax = 5000

/** tRPC over HTTP: single calls, batches and streamed batches, JSON only. */
export function trpcDoor(app: FastifyInstance, dependencies: Dependencies): void {
  takeJsonAlone(app, (text) => text)

  app.addHook('onSend', async (_req, _res, payload) => {
    // tRPC keeps the connection of a stream open, also for a caller who asked to close it. RFC 9112 §9.6.
    if (payload instanceof Response) payload.headers.delete('connection')
  })

  app.all<{ Params: { path: string } }>('/:path', async (req, res) => {
    const { path } = req.params
    if (req.method !== 'GET' && req.method !== 'POST') {
      res.header('allow', 'GET, POST')
      throw new AppError('METHOD_NOT_SUPPORTED')
    }
    refuseUnfit(req, path)
    const logged = new Set<TRPCError>()
    await fastifyRequestHandler({
      router: appRouter,
      req,
      res,
      path: encodeURIComponent(path),
      allowMethodOverride: true,
      maxBatchSize: requestLimits.batchSizeMax,
      createContext: () => createContext(dependencies, callerOf(req)),
      onError: ({ error, path: procedure, type }) => {
        // What refuses a stream is told to us twice: by the call, and by the stream that tells it.
        if (type === 'subscription' && logged.has(error)) return
        logged.add(error)
        logFailure(req, error, procedure)
      },
      responseMeta: ({ errors, info, ctx }) => ({ headers: headersFor(errors, { info, ctx }) }),
    })
  })
}

/** What tRPC would run, or fail on, though it is no call of ours. */
function refuseUnfit(req: FastifyRequest, path: string): void {
  if (path.length > pathLengthMax) throw new AppError('URI_TOO_LONG')
  if (path.split(',').length > requestLimits.batchSizeMax) throw new AppError('BATCH_TOO_LARGE')
  if (!/^[\w.:[\]-]*$/.test(req.headers.host ?? '') || !req.url.startsWith('/'))
    throw new AppError('REQUEST_INVALID')
  refuseOldClient(req.headers[contractHeader])
}

/** Before it is puzzled by answers that it does not know. */
function refuseOldClient(contract: string | string[] | undefined): void {
  if (contract === undefined) return
  if (typeof contract !== 'string' || !/^\d{1,9}$/.test(contract)) throw new AppError('REQUEST_INVALID')
  if (Number(contract) < oldestContractVersion) throw new AppError('CLIENT_TOO_OLD')
}

/** One line for each failed call; the cause, without its parameters, for what is our fault. */
function logFailure(req: FastifyRequest, error: TRPCError, procedure: string | undefined): void {
  const { reason } = publicError(error).data
  const isOurs = reason === 'DATABASE_UNAVAILABLE' || error.code === 'INTERNAL_SERVER_ERROR'
  if (isOurs) req.log.error({ reason, procedure, error: describeError(error.cause ?? error) }, 'call failed')
  else req.log.info({ reason, procedure }, 'call refused')
}

interface Answer {
  /** Absent when the request as a whole was refused. */
  info: TRPCRequestInfo | undefined
  ctx: Context | undefined
}

/** Of a streamed answer, whose head is sent before its calls are run, they say nothing of the calls. */
function headersFor(errors: TRPCError[], { info, ctx }: Answer): Headers {
  const headers = new Headers({
    // tRPC's answer replaces what the hooks said of `vary`.
    vary: 'origin',
    ...refusalHeaders(errors.map((error) => publicError(error).data)),
    ...rateLimitHeaders(ctx?.rateLimits ?? []),
  })
  // Beside tRPC's own `no-cache, no-transform`, which lets a browser keep what a stream says.
  if (info?.type === 'subscription') headers.set('cache-control', 'no-store')
  // It names no type where it refuses the request as a whole.
  if (!info || (info.accept !== null && !info.isBatchCall)) headers.set('content-type', 'application/json')
  return headers
}
