import { isUtf8 } from 'node:buffer'
import { AppError, appRouter, createContext, type Dependencies, publicError } from '@tasklane/api'
import { requestLimits } from '@tasklane/api/contract'
import { describeError } from '@tasklane/db'
import type { TRPCError } from '@trpc/server'
import { fastifyRequestHandler } from '@trpc/server/adapters/fastify'
import type { TRPCRequestInfo } from '@trpc/server/http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { callerAddress } from '../caller-address.ts'

/** Room for a hundred procedure names. */
const pathLengthMax = 5000

/** tRPC over HTTP: single calls, batches and streamed batches, JSON only. */
export function trpcDoor(app: FastifyInstance, dependencies: Dependencies): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_req, body: Buffer, done) =>
    // Decoding would replace what is not UTF-8, and store something else than was sent.
    isUtf8(body) ? done(null, body.toString()) : done(new AppError('INPUT_MALFORMED')),
  )

  app.all<{ Params: { path: string } }>('/:path', async (req, res) => {
    const { path } = req.params
    if (req.method !== 'GET' && req.method !== 'POST') {
      res.header('allow', 'GET, POST')
      throw new AppError('METHOD_NOT_SUPPORTED')
    }
    refuseUnfit(req, path)
    await fastifyRequestHandler({
      router: appRouter,
      req,
      res,
      path: encodeURIComponent(path),
      allowMethodOverride: true,
      maxBatchSize: requestLimits.batchSizeMax,
      createContext: () =>
        createContext(dependencies, {
          authorization: req.headers.authorization,
          ipAddress: callerAddress(req),
          userAgent: req.headers['user-agent'],
          log: req.log,
        }),
      onError: ({ error, path: procedure }) => logFailure(req, error, procedure),
      responseMeta: ({ errors, info }) => ({ headers: headersFor(errors, info) }),
    })
  })
}

/** What tRPC would run, or fail on, though it is no call of ours. */
function refuseUnfit(req: FastifyRequest, path: string): void {
  if (path.length > pathLengthMax) throw new AppError('URI_TOO_LONG')
  if (path.split(',').length > requestLimits.batchSizeMax) throw new AppError('BATCH_TOO_LARGE')
  if (!/^[\w.:[\]-]*$/.test(req.headers.host ?? '') || !req.url.startsWith('/'))
    throw new AppError('REQUEST_INVALID')
}

/** One line for each failed call; the cause, without its parameters, for what is our fault. */
function logFailure(req: FastifyRequest, error: TRPCError, procedure: string | undefined): void {
  const { reason } = publicError(error).data
  const isOurs = reason === 'DATABASE_UNAVAILABLE' || error.code === 'INTERNAL_SERVER_ERROR'
  if (isOurs) req.log.error({ reason, procedure, error: describeError(error.cause ?? error) }, 'call failed')
  else req.log.info({ reason, procedure }, 'call refused')
}

function headersFor(errors: TRPCError[], info: TRPCRequestInfo | undefined): Headers {
  // tRPC's answer replaces what the hooks said of `vary`.
  const headers = new Headers({ vary: 'origin' })
  // It names no type where it refuses the request as a whole.
  if (!info || (info.accept !== null && !info.isBatchCall)) headers.set('content-type', 'application/json')
  const waits = errors.map((error) => (error instanceof AppError ? (error.retryAfterSeconds ?? 0) : 0))
  const retryAfterSeconds = Math.max(0, ...waits)
  if (retryAfterSeconds > 0) headers.set('retry-after', String(retryAfterSeconds))
  if (errors.some(({ code }) => code === 'UNAUTHORIZED')) headers.set('www-authenticate', 'Bearer')
  return headers
}
