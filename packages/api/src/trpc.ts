import { isDatabaseUnavailable } from '@tasklane/db'
import { initTRPC } from '@trpc/server'
import type { Context } from './context.ts'
import { AppError, publicError } from './errors.ts'
import { isAdmin } from './features/auth/queries.ts'
import { transformer } from './transformer.ts'

const t = initTRPC.context<Context>().create({
  transformer,
  errorFormatter: ({ error, path }) => publicError(error, path),
})

export const createRouter = t.router
export const createCallerFactory = t.createCallerFactory

/** Anybody may call. */
export const publicProcedure = t.procedure.use(async ({ next }) => {
  const result = await next()
  if (result.ok || !isDatabaseUnavailable(result.error.cause)) return result
  throw new AppError('DATABASE_UNAVAILABLE', { retryAfterSeconds: 5, cause: result.error.cause })
})

/** Only a signed-in user may call. `ctx.principal` is who. */
export const signedInProcedure = publicProcedure.use(async ({ ctx, next }) => {
  const principal = await ctx.authenticate()
  if (principal.kind !== 'user') throw new AppError('AUTHENTICATION_REQUIRED')
  return next({ ctx: { principal } })
})

/** Only an administrator, or a program of ours, may call. The role is read from the database, never from a token. */
export const adminProcedure = publicProcedure.use(async ({ ctx, next }) => {
  const principal = await ctx.authenticate()
  if (principal.kind === 'user' && !(await isAdmin(ctx.db, principal.userId)))
    throw new AppError('ADMIN_REQUIRED')
  return next()
})
