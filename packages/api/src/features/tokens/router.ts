import { describeEvent } from '../../audit/events.ts'
import { AppError } from '../../errors.ts'
import { keyed } from '../../idempotency/keyed.ts'
import { Nothing } from '../../nothing.ts'
import { personProcedure } from '../../trpc.ts'
import { ApiTokenKey, ApiTokenList, CreateApiToken, CreatedApiToken, RevokedApiToken } from './contract.ts'
import { createApiToken } from './create-api-token.ts'
import { listApiTokens, revokeApiToken } from './queries.ts'

export const tokenProcedures = {
  create: personProcedure
    .meta({
      errors: ['API_TOKENS_TOO_MANY', 'INPUT_CONTRADICTORY'],
      isKeyed: true,
      changes: ['tokens', 'auth.events', 'auth.exportData'],
      rest: {
        ...{ method: 'POST', path: '/auth/tokens' },
        summary: 'Create an API token',
        description: 'Its text is in this answer and nowhere else.',
        status: 201,
        location: '/auth/tokens/{id}',
      },
    })
    .input(CreateApiToken)
    .output(CreatedApiToken)
    .mutation(
      keyed(
        (ctx, input: CreateApiToken) => createApiToken(ctx, { ...input, principal: ctx.principal }),
        // Another session has to make a token of its own: the text of this one is not for it.
        { byCredential: true },
      ),
    ),

  /** Those that were not revoked, expired ones too. */
  list: personProcedure
    .meta({
      rest: {
        ...{ method: 'GET', path: '/auth/tokens' },
        summary: 'The API tokens, without their texts',
      },
    })
    .input(Nothing)
    .output(ApiTokenList)
    .query(async ({ ctx }) => {
      const { userId } = ctx.principal
      return { tokens: await listApiTokens(ctx.db, { userId, now: ctx.now() }) }
    }),

  /** Ends a token at once and for good. */
  revoke: personProcedure
    .meta({
      errors: ['API_TOKEN_NOT_FOUND'],
      isKeyed: true,
      changes: ['tokens', 'auth.events', 'auth.exportData'],
      rest: {
        ...{ method: 'DELETE', path: '/auth/tokens/{id}' },
        summary: 'End an API token at once',
        status: 204,
      },
    })
    .input(ApiTokenKey)
    .output(RevokedApiToken)
    .mutation(
      keyed(async (ctx, { id: tokenId }: ApiTokenKey) => {
        const { userId } = ctx.principal
        const event = describeEvent(ctx, { type: 'token_revoke', userId })
        const revokedId = await revokeApiToken(ctx.db, { userId, tokenId, now: ctx.now(), event })
        if (revokedId === undefined) throw new AppError('API_TOKEN_NOT_FOUND')
        ctx.revocations.add({ tokenId: revokedId })
        return { message: 'API token revoked' }
      }),
    ),
}
