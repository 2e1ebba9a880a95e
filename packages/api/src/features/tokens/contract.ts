import { z } from 'zod'
import { Instant } from '../../instant.ts'
import { text } from '../../text.ts'

/** Limits of a user's API tokens. Lengths in code points. */
export const apiTokenLimits = {
  nameLengthMax: 100,
  /** Tokens that are neither revoked nor expired. */
  liveMax: 100,
  /** Expired tokens that a list still shows, the newest. */
  expiredListedMax: 100,
} as const

/** What a token may do: queries alone, or all that a program may. */
export const ApiTokenScopes = z.enum(['read', 'write'])
export type ApiTokenScopes = z.infer<typeof ApiTokenScopes>

/** A long-lived credential for scripts and tools, without its secret. */
export const ApiToken = z.object({
  id: z.string(),
  name: z.string(),
  scopes: ApiTokenScopes,
  createdAt: z.date(),
  /** From then on it is refused. Null: never. */
  expiresAt: z.date().nullable(),
  /** To the minute. Null: it was never used. */
  lastUsedAt: z.date().nullable(),
})
export type ApiToken = z.infer<typeof ApiToken>

export const CreateApiToken = z.strictObject({
  name: text({ lengthMin: 1, lengthMax: apiTokenLimits.nameLengthMax }),
  scopes: ApiTokenScopes,
  /** In the future. Default: it does not expire. */
  expiresAt: Instant.nullable().optional(),
})
export type CreateApiToken = z.infer<typeof CreateApiToken>

export const CreatedApiToken = ApiToken.extend({
  /** For `Authorization: Bearer …`. Shown here alone: only its hash is kept. */
  token: z.string(),
})
export type CreatedApiToken = z.infer<typeof CreatedApiToken>

/** Newest first. */
export const ApiTokenList = z.object({ tokens: z.array(ApiToken) })
export type ApiTokenList = z.infer<typeof ApiTokenList>

export const ApiTokenKey = z.strictObject({ id: z.guid() })
export type ApiTokenKey = z.infer<typeof ApiTokenKey>

/** `message` says what was done. */
export const RevokedApiToken = z.object({ message: z.string() })
export type RevokedApiToken = z.infer<typeof RevokedApiToken>
