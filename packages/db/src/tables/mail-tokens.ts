import { sql } from 'drizzle-orm'
import { check, index, pgEnum, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { bytes, instant } from './columns.ts'
import { users } from './users.ts'

export const mailTokenPurpose = pgEnum('mail_token_purpose', ['verify_email', 'reset_password'])

/** A secret that was sent by mail and is good once. Deleted when used. */
export const mailTokens = pgTable(
  'mail_tokens',
  {
    /** SHA-256 of the token. */
    tokenHash: bytes('token_hash').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    purpose: mailTokenPurpose('purpose').notNull(),
    /** Where it was sent: whoever uses the token reads that mailbox. */
    email: text('email').notNull(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    index('mail_tokens_user_id_idx').on(table.userId),
    index('mail_tokens_expires_at_idx').on(table.expiresAt),
    check('mail_tokens_email_length', sql`char_length(${table.email}) <= 254`),
  ],
)
