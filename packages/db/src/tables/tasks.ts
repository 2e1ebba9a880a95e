import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  date,
  index,
  integer,
  type PgColumn,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import { instant, searchDocument, sortableText } from './columns.ts'
import { users } from './users.ts'

/** Declared in rising order: PostgreSQL sorts an enum as it is declared. */
export const taskPriority = pgEnum('task_priority', ['low', 'medium', 'high', 'urgent'])

/** The part of the table that expressions are made of. */
type SortedColumns = Record<'dueDate' | 'priority', PgColumn>

/** What lists are sorted by where a task may have no value: those tasks come last, both ways. As in the indexes. */
export const lastWithoutValue = {
  dueDate: {
    asc: ({ dueDate }: SortedColumns): SQL => sql`coalesce(${dueDate}, 'infinity'::date)`,
    desc: ({ dueDate }: SortedColumns): SQL => sql`coalesce(${dueDate}, '-infinity'::date)`,
  },
  priority: {
    asc: ({ priority }: SortedColumns): SQL => sql`case ${priority} ${priorityRanks} else 5 end`,
    desc: ({ priority }: SortedColumns): SQL => sql`case ${priority} ${priorityRanks} else 0 end`,
  },
}

const priorityRanks = sql`when 'low' then 1 when 'medium' then 2 when 'high' then 3 when 'urgent' then 4`

/**
 * The words of a task together with its owner as one more word: a search names the owner, and so reads
 * nothing of anybody else's words.
 */
export const ownedWords = ({ userId, words }: Record<'userId' | 'words', PgColumn>): SQL =>
  sql`array_to_tsvector(array[${userId}::text]) || ${words}`

/**
 * A task of one user. Every key starts with the owner, so the table can be distributed by it. Triggers
 * keep `version`, `updated_at`, `seq` and `words` when a row really changes.
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
    /** The number of its last change among those of its owner. */
    seq: bigint('seq', { mode: 'number' }).notNull().default(0),
    /** The words of title and description. */
    words: searchDocument('words').notNull().default(''),
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
      index('tasks_due_date_asc_idx')
        .on(table.userId, sql`(${lastWithoutValue.dueDate.asc(table)})`, table.id)
        .where(live),
      index('tasks_due_date_desc_idx')
        .on(table.userId, sql`(${lastWithoutValue.dueDate.desc(table)})`, table.id)
        .where(live),
      index('tasks_priority_asc_idx')
        .on(table.userId, sql`(${lastWithoutValue.priority.asc(table)})`, table.id)
        .where(live),
      index('tasks_priority_desc_idx')
        .on(table.userId, sql`(${lastWithoutValue.priority.desc(table)})`, table.id)
        .where(live),
      index('tasks_words_idx').using('gin', sql`(${ownedWords(table)})`),
      index('tasks_seq_idx').on(table.userId, table.seq),
      index('tasks_deleted_at_idx')
        .on(table.userId, table.deletedAt)
        .where(sql`${table.deletedAt} is not null`),
      index('tasks_id_idx').on(table.id),
      check('tasks_title_length', sql`char_length(${table.title}) between 1 and 500`),
      check('tasks_description_length', sql`char_length(${table.description}) <= 16000`),
      check('tasks_tags_count', sql`cardinality(${table.tags}) <= 20`),
      check('tasks_completed_has_instant', sql`${table.completed} = (${table.completedAt} is not null)`),
      check('tasks_version_positive', sql`${table.version} >= 1`),
    ]
  },
)

const { seq: _seq, words: _words, ...fields } = getTableColumns(tasks)

/** The columns that an owner sees. The others serve the feed and the search. */
export const taskFields = fields
