import { describeEvent } from '../../audit/events.ts'
import { AppError } from '../../errors.ts'
import { keyed } from '../../idempotency/keyed.ts'
import { Nothing } from '../../nothing.ts'
import { personProcedure } from '../../trpc.ts'
import { RevokedSession, SessionKey, SessionList } from './contract.ts'
import { endSession, listSessions } from './queries.ts'

export const sessionProcedures = {
  /** Where the user is signed in. */
  list: personProcedure
    .meta({
      rest: {
        ...{ method: 'GET', path: '/auth/sessions' },
        summary: 'Where the user is signed in',
      },
    })
    .input(Nothing)
    .output(SessionList)
    .query(async ({ ctx }) => {
      const { userId, credential } = ctx.principal
      const currentId = credential.kind === 'session' ? credential.sessionId : undefined
      const rows = await listSessions(ctx.db, { userId, now: ctx.now() })
      return { sessions: rows.map((row) => ({ ...row, isCurrent: row.id === currentId })) }
    }),

  /** Ends one session of the user, this one too if it is named. */
  revoke: personProcedure
    .meta({
      errors: ['SESSION_NOT_FOUND'],
      isKeyed: true,
      changes: ['sessions', 'auth.events', 'auth.exportData'],
      rest: {
        ...{ method: 'DELETE', path: '/auth/sessions/{id}' },
        summary: 'End one session',
        status: 204,
      },
    })
    .input(SessionKey)
    .output(RevokedSession)
    .mutation(
      keyed(async (ctx, { id: sessionId }: SessionKey) => {
        const { userId } = ctx.principal
        const event = describeEvent(ctx, { type: 'session_revoke', userId })
        const endedId = await endSession(ctx.db, { userId, sessionId, now: ctx.now(), event })
        if (endedId === undefined) throw new AppError('SESSION_NOT_FOUND')
        ctx.revocations.add({ sessionId: endedId })
        return { message: 'Session revoked' }
      }),
    ),
}
