import { tables } from '@tasklane/db'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCaller } from '../../app-router.ts'
import { createSystemContext } from '../../context.ts'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'

let backend: TestBackend
let victim: TestUser

async function fail(usernameOrEmail: string, ipAddress: string, times: number): Promise<void> {
  for (let attempt = 0; attempt < times; attempt++) {
    const call = backend
      .client(undefined, ipAddress)
      .auth.logIn.mutate({ usernameOrEmail, password: 'Wrong-Horse-1' })
    await call.catch(() => undefined)
  }
}

beforeAll(async () => {
  backend = await createTestBackend()
  victim = await backend.signUp()
  await fail('old@example.com', '198.51.100.9', 12)
  backend.advanceSeconds(2 * 3600)
  await fail(victim.email, '198.51.100.1', 6)
  await fail(victim.email, '198.51.100.2', 6)
  await fail('unknown@example.com', '2001:db8:5:6::1', 5)
  await fail('other@example.com', '2001:db8:5:6::2', 5)
  await fail('once@example.com', '198.51.100.3', 1)
})
afterAll(() => backend.close())

async function signedInAgain() {
  const { email: usernameOrEmail, password } = victim
  const { accessToken } = await backend.client().auth.logIn.mutate({ usernameOrEmail, password })
  return backend.client(`Bearer ${accessToken}`)
}

describe('security.suspicious', () => {
  it('finds the sources and the targets of many failures within the window', async () => {
    const report = await createCaller(createSystemContext(backend.dependencies)).security.suspicious()
    expect(report.byAddress).toEqual([
      expect.objectContaining({ address: '2001:db8:5:6::/64', failures: 10, accounts: 2 }),
    ])
    expect(report.byAccount).toEqual([
      expect.objectContaining({ userId: victim.signedIn.user.id, failures: 12, addresses: 2 }),
    ])
    expect(report.byAccount[0]?.firstAt).toBeInstanceOf(Date)
    expect(report.byAccount[0]?.lastAt.getTime()).toBeGreaterThanOrEqual(
      report.byAccount[0]?.firstAt.getTime() ?? 0,
    )
  })

  it('looks as far back, and from as many failures on, as it is asked to', async () => {
    const caller = createCaller(createSystemContext(backend.dependencies))
    const wide = await caller.security.suspicious({ windowMinutes: 240, failuresMin: 5 })
    expect(wide.byAddress.map(({ address, failures }) => [address, failures])).toEqual([
      ['198.51.100.9', 12],
      ['2001:db8:5:6::/64', 10],
      ['198.51.100.1', 6],
      ['198.51.100.2', 6],
    ])
    expect(wide.byAccount.map(({ userId, failures }) => [userId, failures])).toEqual(
      expect.arrayContaining([
        [null, 12],
        [victim.signedIn.user.id, 12],
        [null, 5],
      ]),
    )
  })

  it('answers administrators and refuses everybody else', async () => {
    await expect(backend.client().security.suspicious.query()).rejects.toMatchObject({
      data: { reason: 'AUTHENTICATION_REQUIRED' },
    })
    const client = await signedInAgain()
    await expect(client.security.suspicious.query()).rejects.toMatchObject({
      data: { httpStatus: 403, reason: 'ADMIN_REQUIRED' },
    })
    const { users } = tables
    await backend.database.db.update(users).set({ role: 'admin' }).where(eq(users.email, victim.email))
    expect(await client.security.suspicious.query()).toHaveProperty('byAddress')
  })

  it('refuses a window or a number out of bounds, by name', async () => {
    const client = await signedInAgain()
    for (const [name, value] of [
      ['windowMinutes', 0],
      ['windowMinutes', 1e9],
      ['failuresMin', 2 ** 53 - 1],
    ] as const) {
      await expect(client.security.suspicious.query({ [name]: value })).rejects.toMatchObject({
        data: { reason: 'INPUT_INVALID', issues: [{ path: [name] }] },
      })
    }
  })

  it('counts an account as one, by whichever name it was tried', async () => {
    const user = await backend.signUp()
    const username = 'by.two.names'
    await backend.database.db.update(tables.users).set({ username }).where(eq(tables.users.email, user.email))
    await fail(user.email, '203.0.113.7', 7)
    await fail(username, '203.0.113.7', 7)
    const report = await createCaller(createSystemContext(backend.dependencies)).security.suspicious({
      failuresMin: 14,
    })
    expect(report.byAccount).toMatchObject([{ userId: user.signedIn.user.id, failures: 14, addresses: 1 }])
    expect(report.byAddress).toMatchObject([{ address: '203.0.113.7', failures: 14, accounts: 1 }])
  })
})
