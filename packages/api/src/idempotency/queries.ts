import { type Db, perDatabase, tables } from '@tasklane/db'
import { and, eq, gt, lte, sql } from 'drizzle-orm'

const { idempotencyKeys: keys } = tables
const { placeholder } = sql

/** A call that its caller has named. */
export interface KeyedCall {
  ownerId: string
  key: string
  /** Whoever called before then may be forgotten. */
  since: Date
}

export interface KeptAnswer {
  /** Tells one call from another. */
  requestHash: Uint8Array
  answer: Uint8Array
}

/** As the column writes instants: a driver may not take a `Date`. */
const since = sql`${sql.param(placeholder('since'), keys.createdAt)}`

const statements = perDatabase((db) => ({
  get: db
    .select({ requestHash: keys.requestHash, answer: keys.answer })
    .from(keys)
    .where(
      and(
        eq(keys.userId, placeholder('ownerId')),
        eq(keys.key, placeholder('key')),
        gt(keys.createdAt, since),
      ),
    )
    .prepare('idempotency_get'),
  insert: db
    .insert(keys)
    .values({
      userId: placeholder('ownerId'),
      key: placeholder('key'),
      requestHash: placeholder('requestHash'),
      answer: placeholder('answer'),
      createdAt: placeholder('now'),
    })
    .onConflictDoUpdate({
      target: [keys.userId, keys.key],
      set: {
        requestHash: sql`excluded.request_hash`,
        answer: sql`excluded.answer`,
        createdAt: sql`excluded.created_at`,
      },
      setWhere: lte(keys.createdAt, since),
    })
    .returning({ key: keys.key })
    .prepare('idempotency_insert'),
}))

export async function getKeptAnswer(db: Db, call: KeyedCall): Promise<KeptAnswer | undefined> {
  const [row] = await statements(db).get.execute({ ...call })
  return row
}

/** Gives `false` when the same key came in between: then nothing is kept. */
export async function keepAnswer(db: Db, call: KeyedCall & KeptAnswer & { now: Date }): Promise<boolean> {
  return (await statements(db).insert.execute({ ...call })).length > 0
}
