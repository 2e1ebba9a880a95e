import { describeProcedures } from '@tasklane/api'
import { tables } from '@tasklane/db'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Case, titleOf } from './case.ts'
import { cases, table } from './cases.ts'
import { lacksOf, staleExemptions } from './demands.ts'
import { doors, ownedRestDoor, restDoor } from './doors.ts'
import { publishedAt, takesIfMatch } from './published.ts'
import { callAt, runCase } from './run-case.ts'
import { createStage, type Stage } from './scene.ts'

const { procedures } = describeProcedures()

let stage: Stage
beforeAll(async () => {
  stage = await createStage()
}, 60_000)
afterAll(() => stage.close())

describe('the table', () => {
  it('has a case for all that a procedure, its guard, its input and its errors ask for', () => {
    expect(lacksOf(procedures, cases)).toEqual([])
  })

  it('makes no exemption that nothing needs', () => {
    expect(staleExemptions(procedures, cases)).toEqual([])
  })

  it('knows who may call each procedure', () => {
    const told = procedures.filter(({ path }) => path in table)
    expect(Object.fromEntries(told.map(({ path, meta }) => [path, meta.access]))).toEqual(
      Object.fromEntries(Object.entries(table).map(([path, { access }]) => [path, access])),
    )
  })
})

describe.each(Object.keys(table))('%s', (procedure) => {
  const own = cases.filter((each) => each.procedure === procedure)

  it.each(own.map((each) => [titleOf(each), each] as const))('%s, alike at every door', async (_, each) => {
    const [first, ...others] = doors.filter((door) => door.serves(procedure))
    if (!first) throw new Error('There is no door')
    const expected = await runCase({ stage, door: first }, each)
    for (const door of others) {
      // What a door does not have, such as headers, or a body with 204, is not compared.
      const seen = { ...expected, ...(await runCase({ stage, door }, each)) }
      expect(seen, door.name).toEqual(expected)
    }
  })

  const published = publishedAt('own', procedure)
  if (published && takesIfMatch(published)) {
    it('refuses another version in If-Match as PRECONDITION_FAILED, with the task as it is', async () => {
      const conflict = own.find(({ reason }) => reason === 'VERSION_CONFLICT') as Case
      const { outcome } = await callAt({ stage, door: restDoor, changes: { byIfMatch: true } }, conflict)
      expect(outcome).toMatchObject({
        ...{ httpStatus: 412, headers: { etag: '"1"' } },
        refusal: { reason: 'PRECONDITION_FAILED', task: { version: 1 } },
      })
    })
  }

  const { isKeyed = false } = procedures.find(({ path }) => path === procedure)?.meta ?? {}
  if (published) {
    it(`keeps ${isKeyed ? 'its' : 'no'} answer under an Idempotency-Key`, async () => {
      const { db } = stage.servers.open.dependencies
      const works = own.find(({ kind, on }) => kind === 'works' && on === 'open') as Case
      const kept = await db.$count(tables.idempotencyKeys)
      const changes = { idempotencyKey: crypto.randomUUID() }
      const { outcome } = await callAt({ stage, door: restDoor, changes }, works)
      expect(outcome.refusal).toBeUndefined()
      expect(await db.$count(tables.idempotencyKeys)).toBe(kept + (isKeyed ? 1 : 0))
    })
  }

  if (ownedRestDoor.serves(procedure)) {
    it("refuses another user's path as OWNER_MISMATCH", async () => {
      const works = own.find(({ kind }) => kind === 'works') as Case
      const changes = { ownerId: '00000000-0000-4000-8000-000000000000' }
      const { outcome } = await callAt({ stage, door: ownedRestDoor, changes }, works)
      expect(outcome).toMatchObject({ httpStatus: 403, refusal: { reason: 'OWNER_MISMATCH' } })
    })
  }
})
