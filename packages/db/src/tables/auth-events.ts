import { sql } from 'drizzle-orm'
import { boolean, check, index, inet, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { bytes, instant } from './columns.ts'
import { users } from './users.ts'

/** What happened at the gate. Kept when its user is deleted, without the user. */
export const authEvents = pgTable(
  'auth_events',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id').references(() => users.id, { onDelete: 'set null' }),
    eventType: text('event_type').notNull(),
    ipAddress: inet('ip_address'),
    userAgent: text('user_agent'),
    success: boolean('success').notNull(),
    failureReason: text('failure_reason'),
    /** Keyed hash of the email or username that was tried: groups failures, names nobody. */
    identifierHash: bytes('identifier_hash'),
    /** How many refused calls this row stands for. */
    count: integer('count').notNull().default(1),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    index('auth_events_user_id_created_at_id_idx').on(table.userId, table.createdAt, table.id),
    index('auth_events_known_addresses_idx')
      .on(table.userId, table.ipAddress)
      .where(sql`${table.success} and ${table.eventType} in ('sign_up', 'log_in')`),
    index('auth_events_failures_idx').on(table.createdAt).where(sql`not ${table.success}`),
    check('auth_events_failure_has_reason', sql`${table.success} = (${table.failureReason} is null)`),
  ],
)
