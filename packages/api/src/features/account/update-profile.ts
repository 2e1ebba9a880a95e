import { violatedConstraint } from '@tasklane/db'
import { describeEvent } from '../../audit/events.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import type { User } from '../../user.ts'
import { refuseReservedUsername } from '../../usernames.ts'
import type { UpdateProfile } from './contract.ts'
import { updateUser } from './queries.ts'
import { requireAccount } from './require-account.ts'

/** The refused changes of one account in a minute are one event. */
const refusalWindowSeconds = 60

type Change = UpdateProfile & { userId: string }

/** Changes the name and the username. */
export async function updateProfile(ctx: Context, { userId, name, username }: Change): Promise<User> {
  const user = await requireAccount(ctx, userId)
  const isSame = isUnchanged(name, user.name) && isUnchanged(username, user.username)
  if (isSame) return user
  refuseReservedUsername(username)
  const hasOtherIdentifier = user.email !== null || user.passwordHash === null
  if (username === null && !hasOtherIdentifier) throw new AppError('IDENTIFIER_REQUIRED')
  const event = describeEvent(ctx, { type: 'profile_update', userId })
  const updated = await updateUser(ctx.db, { userId, fields: { name, username }, event }).catch(
    async (error: unknown) => {
      if (violatedConstraint(error) !== 'users_username_key') throw error
      return await refuse(ctx, userId)
    },
  )
  if (!updated) throw new AppError('TOKEN_INVALID')
  return updated
}

function isUnchanged(wanted: string | null | undefined, stored: string | null): boolean {
  return wanted === undefined || wanted === stored
}

async function refuse(ctx: Context, userId: string): Promise<never> {
  const failureReason = 'USERNAME_TAKEN'
  const describe = () => describeEvent(ctx, { type: 'profile_update', userId, failureReason })
  await ctx.refusals.record({ key: `profile ${userId}`, windowSeconds: refusalWindowSeconds, describe })
  throw new AppError(failureReason)
}
