import { z } from 'zod'
import { Instant } from '../../instant.ts'
import { Id } from '../../json-form.ts'
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
export const ApiToken = z
  .object({
    id: Id,
    name: z.string(),
    scopes: ApiTokenScopes,
    createdAt: z.date(),
    expiresAt: z.date().nullable().describe('From then on it is refused. Null: never.'),
    lastUsedAt: z.date().nullable().describe('To the minute. Null: it was never used.'),
  })
  .meta({
    id: 'ApiToken',
    examples: [
      {
        id: '01890a5d-ac96-774b-bcce-b302099a8111',
        name: 'Nightly report',
        scopes: 'read',
        createdAt: '2026-12-01T08:00:00.000Z',
        expiresAt: null,
        lastUsedAt: '2026-12-20T02:00:00.000Z',
      },
    ],
  })
export type ApiToken = z.infer<typeof ApiToken>

export const CreateApiToken = z
  .strictObject({
    name: text({ lengthMin: 1, lengthMax: apiTokenLimits.nameLengthMax }),
    scopes: ApiTokenScopes,
    expiresAt: Instant.nullable().optional().describe('In the future. Default: it does not expire.'),
  })
  .meta({
    examples: [
      { name: 'Nightly report', scopes: 'read' },
      { name: 'Import of 2027', scopes: 'write', expiresAt: '2027-01-31T00:00:00Z' },
    ],
  })
export type CreateApiToken = z.infer<typeof CreateApiToken>

export const CreatedApiToken = ApiToken.extend({
  token: z.string().describe('For `Authorization: Bearer …`. Shown here alone: only its hash is kept.'),
}).meta({ id: 'CreatedApiToken' })
export type CreatedApiToken = z.infer<typeof CreatedApiToken>

/** Newest first. */
export const ApiTokenList = z.object({ tokens: z.array(ApiToken) })
export type ApiTokenList = z.infer<typeof ApiTokenList>

export const ApiTokenKey = z.strictObject({ id: z.guid() })
export type ApiTokenKey = z.infer<typeof ApiTokenKey>

/** `message` says what was done. */
export const RevokedApiToken = z.object({ message: z.string() })
export type RevokedApiToken = z.infer<typeof RevokedApiToken>
