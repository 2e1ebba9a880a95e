import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../connect.ts'
import { insertUser, queryRows } from '../fixtures/rows.ts'
import { createTestDatabase } from '../testing.ts'

const events = 20_000

let database: Database
let attacked: string
let ordinary: string

/**
 * 200 accounts, of which one is under attack: a tenth of all events are failures of its log-in, and
 * only two, before them all, are its owner's. Ids rise with time.
 */
beforeAll(async () => {
  database = await createTestDatabase()
  attacked = await insertUser(database.db)
  ordinary = await insertUser(database.db)
  const run = (text: string) => queryRows(database, text)
  await run(`insert into users (id) select lpad(to_hex(n), 32, '0')::uuid from generate_series(0, 197) n`)
  await run(`insert into auth_events (id, user_id, event_type, ip_address, success, created_at) values
    (gen_random_uuid(), '${attacked}', 'sign_up', '192.0.2.1', true, now()),
    (gen_random_uuid(), '${attacked}', 'log_in', '2001:db8:0:1::5', true, now())`)
  await run(`insert into auth_events (id, event_type, ip_address, user_agent, created_at, user_id, success)
    select lpad(to_hex(n), 32, '0')::uuid, case n % 3 when 0 then 'log_in' else 'refresh' end,
      '203.0.113.0'::inet + n % 199, repeat('agent', 20), now() + n * interval '1 second',
      case n % 100 when 1 then '${ordinary}' else lpad(to_hex(n % 198), 32, '0')::uuid end, true
    from generate_series(1, ${events}) n`)
  await run(`update auth_events
    set user_id = '${attacked}', event_type = 'log_in', ip_address = '198.51.100.0'::inet + n % 16,
      success = false, failure_reason = 'INVALID_CREDENTIALS'
    from generate_series(10, ${events}, 10) n where id = lpad(to_hex(n), 32, '0')::uuid`)
  await run('vacuum (analyze) auth_events')
})

afterAll(() => database.close())

/** One step of a plan that was carried out. */
interface PlanNode {
  'Node Type': string
  'Index Name'?: string
  'Actual Rows': number
  'Rows Removed by Filter'?: number
  Plans?: PlanNode[]
}

interface Prepared {
  /** With `$1`, …, and their types. */
  query: string
  types: string
  values: string[]
  /** Whether the plan is made for the values, or once for all values. */
  mode: 'force_custom_plan' | 'force_generic_plan'
}

/** The steps of the plan by which PostgreSQL carries out a prepared statement. */
async function planOf({ query, types, values, mode }: Prepared): Promise<PlanNode[]> {
  const name = `tried_${randomUUID().replaceAll('-', '')}`
  return await database.db.transaction(async (tx) => {
    await tx.execute(sql.raw(`set local plan_cache_mode = ${mode}`))
    await tx.execute(sql.raw(`prepare ${name} (${types}) as ${query}`))
    const literals = values.map((value) => `'${value}'`).join()
    const answer = await tx.execute(
      sql.raw(`explain (analyze, timing off, summary off, format json) execute ${name} (${literals})`),
    )
    await tx.execute(sql.raw(`deallocate ${name}`))
    const [row] = rowsOf<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(answer)
    return row?.['QUERY PLAN'].flatMap(({ Plan }) => flatten(Plan)) ?? []
  })
}

function rowsOf<Row>(answer: unknown): Row[] {
  return Array.isArray(answer) ? answer : (answer as { rows: Row[] }).rows
}

function flatten(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)]
}

function indexesOf(plan: PlanNode[]): string[] {
  return plan.flatMap((node) => node['Index Name'] ?? [])
}

function rowsPassedOver(plan: PlanNode[]): number {
  return plan.reduce((rows, node) => rows + (node['Rows Removed by Filter'] ?? 0), 0)
}

describe("a user's newest events", () => {
  const middle = `(now() + ${events / 2} * interval '1 second', '${(events / 2).toString(16).padStart(32, '0')}')`
  const who = { 'with a hundredth of all events': () => ordinary, 'with a tenth of them': () => attacked }

  it.each(
    Object.entries(who).flatMap(([name, userId]) => [
      [`${name}, from the newest on`, userId, ''] as const,
      [`${name}, from another on`, userId, `and (created_at, id) < ${middle}`] as const,
    ]),
  )(
    'are read in the order of their index, and no more than asked for: of a user %s',
    async (_what, userId, condition) => {
      const plan = await planOf({
        query: `select * from auth_events where user_id = $1 ${condition} order by created_at desc, id desc limit 50`,
        types: 'uuid',
        values: [userId()],
        mode: 'force_custom_plan',
      })
      expect(plan.map((node) => node['Node Type'])).toEqual(['Limit', 'Index Scan'])
      expect(indexesOf(plan)).toEqual(['auth_events_user_id_created_at_id_idx'])
      expect(plan.map((node) => node['Actual Rows'])).toEqual([50, 50])
      expect(rowsPassedOver(plan)).toBe(0)
    },
  )
})

describe('whether a user signed in from an address before', () => {
  const signedIn = `user_id = $1 and success and event_type in ('sign_up', 'log_in')`
  const modes = ['force_custom_plan', 'force_generic_plan'] as const
  const asked = [
    { of: 'an address that did', condition: 'ip_address = $2', address: '192.0.2.1', found: 1 },
    { of: 'an address that only failed', condition: 'ip_address = $2', address: '198.51.100.2', found: 0 },
    { of: 'an address of another user', condition: 'ip_address = $2', address: '203.0.113.3', found: 0 },
    { of: 'a network that did', condition: 'ip_address <<= $2', address: '2001:db8:0:1::/64', found: 1 },
    { of: 'a network that did not', condition: 'ip_address <<= $2', address: '2001:db8:0:2::/64', found: 0 },
  ]

  describe.each(modes)('with %s', (mode) => {
    it.each(asked)('is found without reading failures for $of', async ({ condition, address, found }) => {
      const plan = await planOf({
        query: `select exists (select from auth_events where ${signedIn} and ${condition})`,
        types: 'uuid, inet',
        values: [attacked, address],
        mode,
      })
      expect(plan.at(1)?.['Actual Rows']).toBe(found)
      expect(indexesOf(plan)).toEqual(['auth_events_known_addresses_idx'])
      expect(plan.map((node) => node['Node Type'])).not.toContain('Seq Scan')
      expect(rowsPassedOver(plan)).toBeLessThanOrEqual(2)
    })

    it('is found without reading the many log-ins of an ordinary user', async () => {
      const query = `select exists (select from auth_events where ${signedIn} and ip_address = $2)`
      const values = [ordinary, '192.0.2.99']
      const plan = await planOf({ query, types: 'uuid, inet', values, mode })
      expect(plan.at(1)?.['Actual Rows']).toBe(0)
      expect(indexesOf(plan)).toEqual(['auth_events_known_addresses_idx'])
      expect(rowsPassedOver(plan)).toBe(0)
    })
  })
})
