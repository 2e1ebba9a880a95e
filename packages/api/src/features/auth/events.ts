import type { tables } from '@tasklane/db'
import type { Context } from '../../context.ts'

export type AuthEventType = 'sign_up' | 'log_in' | 'refresh' | 'log_out'

/** A row of `auth_events`. */
export type AuthEvent = Omit<typeof tables.authEvents.$inferInsert, 'count'> & {
  eventType: AuthEventType
}

interface Happening {
  type: AuthEventType
  userId?: string | undefined
  /** What was typed as username or email; only its keyed hash is kept. */
  identifier?: string | undefined
  /** Why it failed. Absent: it succeeded. */
  failureReason?: string
}

/** Describes what happened at the gate, with the caller's address and the time. */
export function describeEvent(
  ctx: Context,
  { type, userId, identifier, failureReason }: Happening,
): AuthEvent {
  return {
    id: ctx.newId(),
    eventType: type,
    userId: userId ?? null,
    ipAddress: ctx.ipAddress ?? null,
    userAgent: ctx.userAgent ?? null,
    success: failureReason === undefined,
    failureReason: failureReason ?? null,
    identifierHash: identifier === undefined ? null : ctx.hashIdentifier(identifier),
    createdAt: ctx.now(),
  }
}
