import { bigint, index, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { users } from './users.ts'

/** A task that was purged from the trash, for those who have not read of its deletion yet. */
export const taskTombstones = pgTable(
  'task_tombstones',
  {
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    id: uuid('id').notNull(),
    /** The number of the change that moved it to the trash. */
    seq: bigint('seq', { mode: 'number' }).notNull(),
    purgedAt: instant('purged_at').notNull(),
  },
  (table) => [
    primaryKey({ name: 'task_tombstones_pkey', columns: [table.userId, table.id] }),
    index('task_tombstones_seq_idx').on(table.userId, table.seq),
    index('task_tombstones_purged_at_idx').on(table.purgedAt),
  ],
)
