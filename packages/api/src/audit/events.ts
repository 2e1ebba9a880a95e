import type { tables } from '@tasklane/db'
import type { Context } from '../context.ts'

/** What can happen at the gate. */
export type AuthEventType =
  | 'sign_up'
  | 'log_in'
  | 'refresh'
  | 'refresh_replay'
  | 'refresh_token_reuse'
  | 'log_out'
  | 'log_out_everywhere'
  | 'session_revoke'
  | 'account_lock'
  | 'identity_provision'
  | 'identity_email_taken'
  | 'profile_update'
  | 'password_change'
  | 'password_reset_request'
  | 'password_reset'
  | 'email_change_request'
  | 'email_verification_request'
  | 'email_verify'
  | 'token_create'
  | 'token_revoke'
  | 'data_export'
  | 'account_delete'
  | 'user_deactivate'
  | 'user_activate'
  | 'role_change'

/** A row of `auth_events`. */
export type AuthEvent = typeof tables.authEvents.$inferInsert & { eventType: AuthEventType }

type EventSource = Pick<Context, 'newId' | 'now' | 'hashIdentifier' | 'ipAddress' | 'userAgent'>

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
  ctx: EventSource,
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
