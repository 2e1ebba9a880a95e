import { sql } from 'drizzle-orm'
import { check, index, inet, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { users } from './users.ts'

/**
 * One sign-in on one device. Its refresh tokens are derived from `id` and `generation` under a
 * server key, so nothing that could be used as a token is stored.
 */
export const sessions = pgTable(
  'sessions',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    generation: integer('generation').notNull().default(0),
    ipAddress: inet('ip_address'),
    userAgent: text('user_agent'),
    createdAt: instant('created_at').notNull(),
    refreshedAt: instant('refreshed_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    endsAt: instant('ends_at').notNull(),
    revokedAt: instant('revoked_at'),
  },
  (table) => [
    index('sessions_user_id_idx').on(table.userId),
    index('sessions_revoked_at_idx').on(table.revokedAt).where(sql`${table.revokedAt} is not null`),
    check('sessions_generation_not_negative', sql`${table.generation} >= 0`),
  ],
)
