import type { AuthEventType } from '../../audit/events.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'

/** A token of nobody leaves a line in the log only: anybody could fill the table with them. */
export function refuseMailToken(ctx: Context, type: AuthEventType): never {
  const reason = 'MAIL_TOKEN_INVALID'
  ctx.log.info({ event: `${type}_failed`, reason, ipAddress: ctx.ipAddress }, 'mail token refused')
  throw new AppError(reason)
}
