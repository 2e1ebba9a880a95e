import { sql } from 'drizzle-orm'
import { bigint, check, pgTable, uuid } from 'drizzle-orm/pg-core'
import { users } from './users.ts'

/**
 * Where the changes of an owner's tasks stand. Whoever writes a task locks this row first and until the
 * end of the transaction: changes become visible in the order of their numbers. Made with the first task.
 */
export const taskFeeds = pgTable(
  'task_feeds',
  {
    userId: uuid('user_id')
      .primaryKey()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** The number of the last change. */
    seq: bigint('seq', { mode: 'number' }).notNull(),
    /** The last deletion that is no longer told: who has read less far starts again. */
    forgottenSeq: bigint('forgotten_seq', { mode: 'number' }).notNull().default(0),
  },
  (table) => [
    check('task_feeds_seq_positive', sql`${table.seq} >= 1`),
    check('task_feeds_forgotten', sql`${table.forgottenSeq} between 0 and ${table.seq}`),
  ],
)
