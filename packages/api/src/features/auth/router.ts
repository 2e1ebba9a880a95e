import { describeEvent } from '../../audit/events.ts'
import { AppError } from '../../errors.ts'
import { keyed } from '../../idempotency/keyed.ts'
import { Nothing } from '../../nothing.ts'
import { personProcedure, publicProcedure, sessionProcedure, signedInProcedure } from '../../trpc.ts'
import { User } from '../../user.ts'
import { LoggedOut, LoggedOutEverywhere, LogIn, Refresh, SignedIn, SignUp, Tokens } from './contract.ts'
import { logIn } from './log-in.ts'
import { endSessions, getUser } from './queries.ts'
import { refreshSession } from './refresh-session.ts'
import { signUp } from './sign-up.ts'

export const authProcedures = {
  signUp: publicProcedure
    .meta({
      errors: [
        'EMAIL_TAKEN',
        'USERNAME_TAKEN',
        'USERNAME_RESERVED',
        'PASSWORD_TOO_WEAK',
        'PASSWORD_MISMATCH',
        'RATE_LIMITED',
        'TOO_BUSY',
      ],
      changes: ['auth', 'sessions', 'tasks', 'tokens'],
      rest: {
        ...{ method: 'POST', path: '/auth/signup', aliases: ['/auth/register'], status: 201 },
        summary: 'Create an account, and be signed in at once',
        location: '/auth/me',
        flat: { userId: ['user', 'id'], email: ['user', 'email'], token: ['accessToken'] },
      },
    })
    .input(SignUp)
    .output(SignedIn)
    .mutation(({ ctx, input }) => signUp(ctx, input)),

  logIn: publicProcedure
    .meta({
      errors: ['CREDENTIALS_INVALID', 'RATE_LIMITED', 'TOO_BUSY'],
      changes: ['auth', 'sessions', 'tasks', 'tokens'],
      rest: {
        ...{ method: 'POST', path: '/auth/login', summary: 'Sign in' },
        otherNames: { usernameOrEmail: ['email', 'username'] },
      },
    })
    .input(LogIn)
    .output(SignedIn)
    .mutation(({ ctx, input }) => logIn(ctx, input)),

  refresh: publicProcedure
    .meta({
      errors: ['REFRESH_TOKEN_INVALID', 'RATE_LIMITED'],
      changes: ['sessions', 'auth.events', 'auth.exportData'],
      rest: {
        ...{ method: 'POST', path: '/auth/refresh', summary: 'Get new tokens for a refresh token' },
        description: 'The refresh token is used up by it. Keep the one of the answer.',
      },
    })
    .input(Refresh)
    .output(Tokens)
    .mutation(({ ctx, input }) => refreshSession(ctx, input)),

  /** Ends this session. */
  logOut: sessionProcedure
    .meta({
      isKeyed: true,
      changes: ['auth', 'sessions', 'tasks', 'tokens'],
      rest: { method: 'POST', path: '/auth/logout', summary: 'End this session' },
    })
    .input(Nothing)
    .output(LoggedOut)
    .mutation(
      keyed(
        async (ctx) => {
          const { userId } = ctx.principal
          const event = describeEvent(ctx, { type: 'log_out', userId })
          const { sessionId } = ctx
          await endSessions(ctx.db, { userId, sessionId, now: ctx.now(), event, always: true })
          ctx.revocations.add({ sessionId })
          return { message: 'Logged out' }
        },
        { byCredential: true },
      ),
    ),

  /** Ends every session of the user, this one too. API tokens stay good. */
  logOutEverywhere: personProcedure
    .meta({
      isKeyed: true,
      changes: ['auth', 'sessions', 'tasks', 'tokens'],
      rest: {
        ...{ method: 'POST', path: '/auth/logout-everywhere', summary: 'End every session' },
        description: 'This one too. API tokens stay good.',
      },
    })
    .input(Nothing)
    .output(LoggedOutEverywhere)
    .mutation(
      keyed(
        async (ctx) => {
          const { userId } = ctx.principal
          const event = describeEvent(ctx, { type: 'log_out_everywhere', userId })
          const ended = await endSessions(ctx.db, { userId, now: ctx.now(), event, always: true })
          for (const sessionId of ended) ctx.revocations.add({ sessionId })
          return { message: 'Logged out everywhere', sessions: ended.length }
        },
        { byCredential: true },
      ),
    ),

  /** Who calls. */
  me: signedInProcedure
    .meta({ rest: { method: 'GET', path: '/auth/me', summary: 'Who calls' } })
    .input(Nothing)
    .output(User)
    .query(async ({ ctx }) => {
      const user = await getUser(ctx.db, ctx.principal.userId)
      if (!user?.isActive) throw new AppError('TOKEN_INVALID')
      return user
    }),
}
