import { randomUUID } from 'node:crypto'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import { AppError, type Dependencies } from '@tasklane/api'
import { contractHeader, requestLimits } from '@tasklane/api/contract'
import {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify'
import { trustedProxies } from './caller-address.ts'
import { docsDoor } from './doors/docs.ts'
import { healthDoor } from './doors/health.ts'
import { jwksDoor } from './doors/jwks.ts'
import { openApiDoor } from './doors/openapi.ts'
import { restDoor } from './doors/rest.ts'
import { trpcDoor } from './doors/trpc.ts'
import { drainOnClose } from './drain.ts'
import type { Env } from './env.ts'
import { sendError, trpcPrefix } from './error-envelope.ts'
import { rateLimitHeaderNames } from './rate-limit-headers.ts'
import { refuseOtherMethods } from './refuse-other-methods.ts'
import { answerUnreadableRequest } from './unreadable-request.ts'

export interface AppOptions {
  dependencies: Dependencies
  /** Whether the database answers and is migrated. */
  isReady: () => Promise<boolean>
  /** Default: no log. */
  log?: FastifyBaseLogger
  /** Exact origins whose pages may call. Default none. */
  corsOrigins?: Env['corsOrigins']
  /** How many proxies, or which, may name the caller's address. Default none. */
  trustProxy?: Env['trustProxy']
}

const requestTimeoutMilliseconds = 30_000
/** Longer than a path can be: Node refuses a longer head. The door has the limit, for its own answer. */
const paramLengthMax = 64 * 1024

/** Builds the HTTP application around its dependencies. It does not listen. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    ...(options.log ? { loggerInstance: options.log } : { logger: false }),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: ({ headers }) => givenRequestId(headers['x-request-id']) ?? randomUUID(),
    trustProxy: trustedProxies(options.trustProxy ?? false),
    bodyLimit: requestLimits.bodyBytesMax,
    routerOptions: { maxParamLength: paramLengthMax },
    requestTimeout: requestTimeoutMilliseconds,
    return503OnClosing: false,
    // Node's own refusal has neither our envelope nor our headers.
    http: { requireHostHeader: false },
    frameworkErrors: answerUnroutable,
    clientErrorHandler: answerUnreadableRequest,
  })

  app.addHook('onRequest', async (req, res) => {
    addOwnHeaders(req, res)
    // Fastify's own hook does not tell of an answer whose caller has left, as most readers of a stream do.
    const logCutOff = () => logAnswer(req, res, { isCutOff: true })
    res.raw.once('close', logCutOff).once('finish', () => res.raw.off('close', logCutOff))
  })
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
  })
  await app.register(cors, {
    origin: [...(options.corsOrigins ?? [])],
    credentials: true,
    strictPreflight: false,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      ...['authorization', 'content-type', 'idempotency-key', 'if-match', 'if-none-match'],
      ...['last-event-id', 'trpc-accept', 'x-request-id', contractHeader],
    ],
    exposedHeaders: [...rateLimitHeaderNames, 'etag', 'location', 'retry-after', 'x-request-id'],
    maxAge: 600,
  })

  app.addHook('onRequest', async (req, res) => refuseHostless(req, res))
  ignoreExpectations(app)

  app.setErrorHandler(sendError)
  app.setNotFoundHandler((req, res) => sendError(new AppError('ROUTE_NOT_FOUND'), req, res))
  app.addHook('onResponse', async (req, res) => logAnswer(req, res))

  const refuseOthers = refuseOtherMethods(app)
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
    // Ends the streams, whose callers then connect to another process or to the next one.
    options.dependencies.changeBus.close()
  })
  healthDoor(app, async () => !isClosing && (await options.isReady()))
  jwksDoor(app, options.dependencies)
  await app.register(async (scope) => trpcDoor(scope, options.dependencies), { prefix: trpcPrefix })
  await app.register(async (scope) => restDoor(scope, options.dependencies))
  openApiDoor(app)
  await app.register(docsDoor)
  refuseOthers()
  drainOnClose(app)
  return app
}

function logAnswer(req: FastifyRequest, { statusCode, elapsedTime }: FastifyReply, details?: object): void {
  req.log.info(
    {
      method: req.method,
      path: pathOf(req.url),
      statusCode,
      milliseconds: Math.round(elapsedTime),
      ...details,
    },
    'request',
  )
}

function addOwnHeaders(req: FastifyRequest, res: FastifyReply): void {
  res.headers({ 'x-request-id': req.id, 'cache-control': 'no-store' })
}

/** RFC 9112 §3.2. */
function refuseHostless({ raw: { httpVersion }, headers }: FastifyRequest, res: FastifyReply): void {
  if (httpVersion !== '1.1' || headers.host !== undefined) return
  res.header('connection', 'close')
  throw new AppError('REQUEST_INVALID')
}

/** Node would answer 417 by itself to an expectation it does not know. RFC 9110 §10.1.1 lets us go on. */
function ignoreExpectations({ server }: FastifyInstance): void {
  server.on('checkExpectation', (req, res) => server.emit('request', req, res))
}

/** For a path that cannot be decoded. Fastify runs no hook for it. */
function answerUnroutable(error: FastifyError, req: FastifyRequest, res: FastifyReply): void {
  addOwnHeaders(req, res)
  sendError(error, req, res.header('x-content-type-options', 'nosniff'))
}

function givenRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[\w.:-]{1,128}$/.test(header) ? header : undefined
}

/** Without the query: it may hold an input. */
function pathOf(url: string): string {
  return url.split('?', 1)[0]?.slice(0, 500) ?? ''
}
