import { describeEvent } from '../../audit/events.ts'
import { AppError } from '../../errors.ts'
import { Nothing } from '../../nothing.ts'
import { personProcedure } from '../../trpc.ts'
import { ApiTokenKey, ApiTokenList, CreateApiToken, CreatedApiToken, RevokedApiToken } from './contract.ts'
import { createApiToken } from './create-api-token.ts'
import { listApiTokens, revokeApiToken } from './queries.ts'

export const tokenProcedures = {
  create: personProcedure
    .input(CreateApiToken)
    .output(CreatedApiToken)
    .mutation(({ ctx, input }) => createApiToken(ctx, { ...input, principal: ctx.principal })),

  /** Those that were not revoked, expired ones too. */
  list: personProcedure
    .input(Nothing)
    .output(ApiTokenList)
    .query(async ({ ctx }) => {
      const { userId } = ctx.principal
      return { tokens: await listApiTokens(ctx.db, { userId, now: ctx.now() }) }
    }),

  /** Ends a token at once and for good. */
  revoke: personProcedure
    .input(ApiTokenKey)
    .output(RevokedApiToken)
    .mutation(async ({ ctx, input: { id: tokenId } }) => {
      const { userId } = ctx.principal
      const event = describeEvent(ctx, { type: 'token_revoke', userId })
      const revokedId = await revokeApiToken(ctx.db, { userId, tokenId, now: ctx.now(), event })
      if (revokedId === undefined) throw new AppError('API_TOKEN_NOT_FOUND')
      ctx.revocations.add({ tokenId: revokedId })
      return { message: 'API token revoked' }
    }),
}
