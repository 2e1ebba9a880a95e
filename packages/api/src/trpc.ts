import { initTRPC } from '@trpc/server'
import type { Context } from './context.ts'
import { AppError, databaseRefusal, publicError } from './errors.ts'
import type { UserPrincipal } from './guard/principal.ts'
import { isAdmin } from './guard/queries.ts'
import { requireLiveSession, requirePerson, requireUser } from './guard/who-may.ts'
import type { ProcedureMeta } from './rest/meta.ts'
import { transformer } from './transformer.ts'

const pingMilliseconds = 10_000

const t = initTRPC
  .context<Context>()
  .meta<ProcedureMeta>()
  .create({
    transformer,
    // A proxy may cut a silent stream off, and a client cannot tell a silent one from a dead one.
    sse: {
      ping: { enabled: true, intervalMs: pingMilliseconds },
      client: { reconnectAfterInactivityMs: 3 * pingMilliseconds },
    },
    errorFormatter: ({ error, path }) => publicError(error, path),
  })

/** What the procedures of signed-in users are given. */
export interface SignedInContext extends Context {
  principal: UserPrincipal
}

export const createRouter = t.router
export const createCallerFactory = t.createCallerFactory

/** Anybody may call. */
export const publicProcedure = t.procedure.meta({ access: 'anybody' }).use(async ({ next }) => {
  const result = await next()
  const isAway = result.ok ? undefined : databaseRefusal(result.error.cause)
  if (isAway) throw isAway
  return result
})

/**
 * Only a signed-in user may call: by a session, a token of a trusted issuer, or an API token, which
 * needs the scope `write` for a mutation. `ctx.principal` is who.
 */
export const signedInProcedure = publicProcedure
  .meta({ access: 'signed_in' })
  .use(async ({ ctx, type, next }) => {
    const principal = await requireUser(ctx, { changesSomething: type === 'mutation' })
    return next({ ctx: { principal } })
  })

/**
 * Only the user in person may call, not a program with an API token. For what governs the account:
 * the database is asked whether the session lives, so that none that ended elsewhere changes it.
 */
export const personProcedure = signedInProcedure.meta({ access: 'person' }).use(async ({ ctx, next }) => {
  requirePerson(ctx.principal)
  await requireLiveSession(ctx, ctx.principal)
  return next()
})

/** Only a session of this server may call. `ctx.sessionId` is which. */
export const sessionProcedure = signedInProcedure.meta({ access: 'session' }).use(async ({ ctx, next }) => {
  requirePerson(ctx.principal)
  const { credential } = ctx.principal
  if (credential.kind !== 'session') throw new AppError('SESSION_REQUIRED')
  return next({ ctx: { sessionId: credential.sessionId } })
})

/** Only an administrator, or a program of ours, may call. The role is read from the database, never from a token. */
export const adminProcedure = publicProcedure.meta({ access: 'admin' }).use(async ({ ctx, next }) => {
  const principal = await ctx.authenticate()
  if (principal.kind === 'user') {
    requirePerson(principal)
    await requireLiveSession(ctx, principal)
    if (!(await isAdmin(ctx.db, principal.userId))) throw new AppError('ADMIN_REQUIRED')
  }
  return next({ ctx: { principal } })
})
