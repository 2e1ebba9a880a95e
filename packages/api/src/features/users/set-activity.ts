import { describeEvent } from '../../audit/events.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import type { Principal } from '../../guard/principal.ts'
import type { ActivityChanged, UserKey } from './contract.ts'
import { setActivity } from './queries.ts'

type Target = UserKey & { principal: Principal }

/** Ends every session of a user and lets the user sign in no more. */
export async function deactivateUser(
  ctx: Context,
  { id: userId, principal }: Target,
): Promise<ActivityChanged> {
  if (principal.kind === 'user' && principal.userId === userId) throw new AppError('SELF_DEACTIVATION')
  const ended = await change(ctx, { id: userId, principal, isActive: false })
  for (const sessionId of ended) ctx.revocations.add({ sessionId })
  ctx.revocations.add({ userId })
  return { message: 'The user may sign in no more' }
}

/** Lets a user sign in again. API tokens that were not revoked work again. */
export async function activateUser(
  ctx: Context,
  { id: userId, principal }: Target,
): Promise<ActivityChanged> {
  await change(ctx, { id: userId, principal, isActive: true })
  ctx.revocations.lift({ userId })
  return { message: 'The user may sign in' }
}

async function change(
  ctx: Context,
  { id: userId, principal, isActive }: Target & { isActive: boolean },
): Promise<string[]> {
  const type = isActive ? 'user_activate' : 'user_deactivate'
  // The event is the user's to read: from where the administrator called is not. The log says who did it.
  const event = describeEvent({ ...ctx, ipAddress: undefined, userAgent: undefined }, { type, userId })
  const ended = await setActivity(ctx.db, { userId, isActive, now: ctx.now(), event })
  if (!ended) throw new AppError('USER_NOT_FOUND')
  const by = principal.kind === 'user' ? principal.userId : 'system'
  ctx.log.info(
    { event: type, userId, by, ipAddress: ctx.ipAddress },
    'an administrator changed who may sign in',
  )
  return ended
}
