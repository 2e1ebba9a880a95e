import { sql } from 'drizzle-orm'
import { check, index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { users } from './users.ts'

/** Who a user is at a foreign token issuer. */
export const identities = pgTable(
  'identities',
  {
    issuer: text('issuer').notNull(),
    subject: text('subject').notNull(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** When the token was issued whose claims the user's profile was last taken from. */
    profileIssuedAt: instant('profile_issued_at'),
  },
  (table) => [
    primaryKey({ name: 'identities_pkey', columns: [table.issuer, table.subject] }),
    index('identities_user_id_idx').on(table.userId),
    check('identities_subject_length', sql`char_length(${table.subject}) between 1 and 255`),
    check('identities_issuer_length', sql`char_length(${table.issuer}) between 1 and 255`),
  ],
)
