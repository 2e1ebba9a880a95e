import { type AuthEventType, describeEvent } from '../audit/events.ts'
import { insertEvent } from '../audit/queries.ts'
import type { Context } from '../context.ts'
import { endSessions } from '../guard/queries.ts'
import { lockUser, type UserKey, type UserStanding, updateStanding } from './queries.ts'

export interface UserSetting {
  user: UserKey
  /** Absent stays. */
  role?: UserStanding['role'] | undefined
  isActive?: boolean | undefined
}

export interface UserSet {
  before: UserStanding
  after: UserStanding
}

/**
 * Sets the role of a user, and whether it may sign in, with an event for each that changes: all or none.
 * Who is deactivated is signed out everywhere. Other processes notice when they next ask the database.
 * Gives `undefined` when there is no such user.
 */
export async function setUser(
  ctx: Context,
  { user, role, isActive }: UserSetting,
): Promise<UserSet | undefined> {
  return await ctx.db.transaction(async (tx) => {
    const before = await lockUser(tx, user)
    if (!before) return undefined
    const after = { ...before, role: role ?? before.role, isActive: isActive ?? before.isActive }
    const types = eventTypesOf(before, after)
    if (types.length > 0) await updateStanding(tx, after)
    for (const type of types) await insertEvent(tx, describeEvent(ctx, { type, userId: before.id }))
    if (types.includes('user_deactivate')) await endSessions(tx, { userId: before.id, now: ctx.now() })
    return { before, after }
  })
}

function eventTypesOf(before: UserStanding, after: UserStanding): AuthEventType[] {
  const types: AuthEventType[] = []
  if (before.role !== after.role) types.push('role_change')
  if (before.isActive !== after.isActive) types.push(after.isActive ? 'user_activate' : 'user_deactivate')
  return types
}
