import type { Transaction } from '@electric-sql/pglite'
import { getTableName } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type postgres from 'postgres'
import type { EmbeddedDatabase, PostgresDatabase } from './connect.ts'
import {
  apiTokens,
  authEvents,
  deletedIdentities,
  idempotencyKeys,
  identities,
  mailTokens,
  sessions,
  taskFeeds,
  tasks,
  taskTombstones,
  users,
} from './tables/index.ts'

/** Parents before children, as the foreign keys ask. */
const tablesInOrder: PgTable[] = [
  users,
  identities,
  deletedIdentities,
  sessions,
  apiTokens,
  mailTokens,
  authEvents,
  taskFeeds,
  tasks,
  taskTombstones,
  idempotencyKeys,
]

const rowsPerStatement = 500

/** How many rows of each table were copied. */
export type CopiedRows = Record<string, number>

/** Thrown when a target already holds rows: a copy never mixes two databases. */
export class TargetNotEmptyError extends Error {
  override name = 'TargetNotEmptyError'
  constructor(table: string) {
    super(`The target database already has rows in "${table}". Copy into an empty database.`)
  }
}

/**
 * Copies every row of a migrated embedded database into a migrated, empty PostgreSQL, in one
 * transaction: all of it arrives or nothing does. Writes to either side wait until it is done.
 *
 * @throws TargetNotEmptyError when the target holds a row.
 */
export async function copyDatabase(from: EmbeddedDatabase, to: PostgresDatabase): Promise<CopiedRows> {
  const copyAll = async (source: Transaction, target: postgres.TransactionSql) => {
    await target.unsafe(`lock table ${tablesInOrder.map(quotedName).join(', ')} in exclusive mode`)
    for (const table of tablesInOrder) await refuseRows(target, table)
    // Rows arrive as they are: what the triggers would set is set.
    const setTriggers = (state: 'enable' | 'disable') =>
      target.unsafe(`alter table ${quotedName(tasks)} ${state} trigger user`)
    await setTriggers('disable')
    const copied: CopiedRows = {}
    for (const table of tablesInOrder) {
      copied[getTableName(table)] = await copyTable({ source, target, name: quotedName(table) })
    }
    await setTriggers('enable')
    return copied
  }
  return await from.client.transaction((source) => to.client.begin((target) => copyAll(source, target)))
}

interface TableCopy {
  source: Transaction
  target: postgres.TransactionSql
  name: string
}

/** Sends rows as JSON in plain inserts: the driver never answers when a COPY fails at its end. */
async function copyTable({ source, target, name }: TableCopy): Promise<number> {
  const insert = `insert into ${name} select * from json_populate_recordset(null::${name}, $1::text::json)`
  await source.exec(`declare table_rows no scroll cursor for select to_json(t)::text as row from ${name} t`)
  let copied = 0
  for (;;) {
    const { rows } = await source.query<{ row: string }>(`fetch ${rowsPerStatement} from table_rows`)
    if (rows.length === 0) break
    const { count } = await target.unsafe(insert, [`[${rows.map(({ row }) => row).join()}]`])
    copied += count
  }
  await source.exec('close table_rows')
  return copied
}

async function refuseRows(target: postgres.TransactionSql, table: PgTable): Promise<void> {
  const [row] = await target.unsafe(`select 1 from ${quotedName(table)} limit 1`)
  if (row) throw new TargetNotEmptyError(getTableName(table))
}

function quotedName(table: PgTable): string {
  return `"${getTableName(table)}"`
}
