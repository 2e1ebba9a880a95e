import { AppError } from '../../errors.ts'
import { Nothing } from '../../nothing.ts'
import { publicProcedure, signedInProcedure } from '../../trpc.ts'
import { LoggedOut, LogIn, Refresh, SignedIn, SignUp, Tokens, User } from './contract.ts'
import { describeEvent } from './events.ts'
import { logIn } from './log-in.ts'
import { getUser, revokeSession } from './queries.ts'
import { refreshSession } from './refresh-session.ts'
import { signUp } from './sign-up.ts'

export const authProcedures = {
  signUp: publicProcedure
    .input(SignUp)
    .output(SignedIn)
    .mutation(({ ctx, input }) => signUp(ctx, input)),

  logIn: publicProcedure
    .input(LogIn)
    .output(SignedIn)
    .mutation(({ ctx, input }) => logIn(ctx, input)),

  refresh: publicProcedure
    .input(Refresh)
    .output(Tokens)
    .mutation(({ ctx, input }) => refreshSession(ctx, input)),

  logOut: signedInProcedure
    .input(Nothing)
    .output(LoggedOut)
    .mutation(async ({ ctx }) => {
      const { sessionId, userId } = ctx.principal
      const event = describeEvent(ctx, { type: 'log_out', userId })
      await revokeSession(ctx.db, { sessionId, userId, now: ctx.now(), event })
      ctx.revocations.add(sessionId)
      return { message: 'Logged out' }
    }),

  me: signedInProcedure
    .input(Nothing)
    .output(User)
    .query(async ({ ctx }) => {
      const user = await getUser(ctx.db, ctx.principal.userId)
      if (!user?.isActive) throw new AppError('TOKEN_INVALID')
      return user
    }),
}
