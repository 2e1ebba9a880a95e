import { sql } from 'drizzle-orm'
import { check, index, pgEnum, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { bytes, instant } from './columns.ts'
import { users } from './users.ts'

export const apiTokenScopes = pgEnum('api_token_scopes', ['read', 'write'])

/** A long-lived credential for scripts and tools. Only its hash is stored. */
export const apiTokens = pgTable(
  'api_tokens',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** SHA-256. The token has 256 random bits, so nothing slower is needed. */
    tokenHash: bytes('token_hash').notNull().unique('api_tokens_token_hash_key'),
    scopes: apiTokenScopes('scopes').notNull(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at'),
    /** To the minute. */
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
  },
  (table) => [
    index('api_tokens_user_id_idx').on(table.userId),
    check('api_tokens_name_length', sql`char_length(${table.name}) between 1 and 100`),
  ],
)
