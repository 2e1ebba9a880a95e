import { ZodError } from 'zod'
import { describeEvent } from '../../audit/events.ts'
import type { Context } from '../../context.ts'
import { AppError, inputRefusal } from '../../errors.ts'
import { hashApiToken, newApiToken } from '../../guard/api-token.ts'
import type { UserPrincipal } from '../../guard/principal.ts'
import { contradiction } from '../../json-form.ts'
import type { CreateApiToken, CreatedApiToken } from './contract.ts'
import { insertApiToken } from './queries.ts'

/** Creates an API token. Its text is in the answer and nowhere else. */
export async function createApiToken(
  ctx: Context,
  { principal, name, scopes, expiresAt = null }: CreateApiToken & { principal: UserPrincipal },
): Promise<CreatedApiToken> {
  const { userId, credential } = principal
  const createdAt = ctx.now()
  if (expiresAt !== null && expiresAt <= createdAt)
    throw inputRefusal(notInTheFuture(expiresAt), ctx.spelling)
  const token = newApiToken()
  const tokenHash = hashApiToken(token)
  const row = await insertApiToken(ctx.db, {
    token: { id: ctx.newId(), userId, name, tokenHash, scopes, createdAt, expiresAt },
    event: describeEvent(ctx, { type: 'token_create', userId }),
    sessionId: credential.kind === 'session' ? credential.sessionId : undefined,
  })
  if (row === 'NO_USER') throw new AppError('TOKEN_INVALID')
  if (row === 'TOO_MANY') throw new AppError('API_TOKENS_TOO_MANY')
  return { ...row, token }
}

/** As the contract would say it, which has no clock. */
function notInTheFuture(input: Date): ZodError {
  return new ZodError([contradiction({ path: ['expiresAt'], message: 'Must be in the future', input })])
}
