import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  date,
  index,
  integer,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import { instant, sortableText } from './columns.ts'
import { users } from './users.ts'

/** Declared in rising order: PostgreSQL sorts an enum as it is declared. */
export const taskPriority = pgEnum('task_priority', ['low', 'medium', 'high', 'urgent'])

/**
 * A task of one user. Every key starts with the owner, so the table can be distributed by it.
 * `version` and `updated_at` are kept by a trigger that fires when a row really changes.
 */
export const tasks = pgTable(
  'tasks',
  {
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    id: uuid('id').notNull(),
    title: sortableText('title').notNull(),
    description: text('description'),
    completed: boolean('completed').notNull().default(false),
    completedAt: instant('completed_at'),
    priority: taskPriority('priority'),
    dueDate: date('due_date', { mode: 'string' }),
    tags: text('tags').array().notNull().default(sql`'{}'`),
    version: integer('version').notNull().default(1),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    deletedAt: instant('deleted_at'),
  },
  (table) => {
    const live = sql`${table.deletedAt} is null`
    return [
      primaryKey({ name: 'tasks_pkey', columns: [table.userId, table.id] }),
      index('tasks_created_at_idx').on(table.userId, table.createdAt, table.id).where(live),
      index('tasks_completed_created_at_idx')
        .on(table.userId, table.completed, table.createdAt, table.id)
        .where(live),
      index('tasks_updated_at_idx').on(table.userId, table.updatedAt, table.id).where(live),
      index('tasks_title_idx').on(table.userId, table.title, table.id).where(live),
      index('tasks_due_date_asc_idx').on(table.userId, table.dueDate.asc().nullsLast(), table.id).where(live),
      index('tasks_due_date_desc_idx')
        .on(table.userId, table.dueDate.desc().nullsLast(), table.id.desc())
        .where(live),
      index('tasks_priority_asc_idx')
        .on(table.userId, table.priority.asc().nullsLast(), table.id)
        .where(live),
      index('tasks_priority_desc_idx')
        .on(table.userId, table.priority.desc().nullsLast(), table.id.desc())
        .where(live),
      check('tasks_title_length', sql`char_length(${table.title}) between 1 and 500`),
      check('tasks_description_length', sql`char_length(${table.description}) <= 16000`),
      check('tasks_tags_count', sql`cardinality(${table.tags}) <= 20`),
      check('tasks_completed_has_instant', sql`${table.completed} = (${table.completedAt} is not null)`),
      check('tasks_version_positive', sql`${table.version} >= 1`),
    ]
  },
)
