import { tables } from '@tasklane/db'
import { and, eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mailsTo } from '../../mail/fixtures/mailbox.ts'
import { createTestBackend, type TestBackend, type TestUser, testSettings } from '../../testing.ts'

let backend: TestBackend
let user: TestUser

beforeAll(async () => {
  const rateLimits = {
    ...testSettings.rateLimits,
    logInPerMinute: 3,
    mailPerHour: 2,
    mailPerAddressPerHour: 6,
  }
  backend = await createTestBackend({ rateLimits })
})
beforeEach(async () => {
  user = await backend.signUp()
})
afterAll(() => backend.close())

const { authEvents } = tables
let addresses = 0
/** Each test calls from its own. */
const freshAddress = () => `198.51.100.${++addresses}`
const from = (address: string) => backend.client(`Bearer ${user.signedIn.accessToken}`, address)

async function countsOf(calls: Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const result of await Promise.allSettled(calls)) {
    const reason = result.status === 'fulfilled' ? 'ok' : result.reason.data.reason
    counts[reason] = (counts[reason] ?? 0) + 1
  }
  return counts
}

const times = <T>(count: number, call: (index: number) => Promise<T>) =>
  Array.from({ length: count }, (_, n) => call(n))

async function refusalsOf(userId: string) {
  await backend.dependencies.background.settled()
  const isRefusal = and(eq(authEvents.userId, userId), eq(authEvents.failureReason, 'RATE_LIMITED'))
  const { eventType, count } = authEvents
  return await backend.database.db.select({ eventType, count }).from(authEvents).where(isRefusal)
}

describe('guesses at the current password', () => {
  const newPassword = 'Another-Horse-2'

  it('are counted for the account, whatever the procedure, the address or the batch', async () => {
    const currentPassword = 'Wrong-Horse-1'
    const client = from(freshAddress())
    const elsewhere = from(freshAddress())
    const calls = [
      ...times(30, () => client.auth.changePassword.mutate({ currentPassword, newPassword })),
      ...times(30, () => elsewhere.auth.deleteAccount.mutate({ currentPassword })),
      ...times(30, (n) => elsewhere.auth.changeEmail.mutate({ email: `n${n}@example.com`, currentPassword })),
    ]
    expect(await countsOf(calls)).toEqual({ PASSWORD_WRONG: 3, RATE_LIMITED: 87 })
    const [refused, ...others] = await refusalsOf(user.signedIn.user.id)
    expect({ count: refused?.count, others }).toEqual({ count: 87, others: [] })
  })

  it('keep the right one out, too, until the minute is over, and tell how long', async () => {
    const client = from(freshAddress())
    await countsOf(times(3, () => client.auth.deleteAccount.mutate({ currentPassword: 'Wrong-Horse-1' })))
    await expect(
      client.auth.changePassword.mutate({ currentPassword: user.password, newPassword }),
    ).rejects.toMatchObject({
      data: { httpStatus: 429, reason: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) },
    })
  })

  it('are counted apart for another account', async () => {
    const other = await backend.signUp()
    await countsOf(
      times(5, () => user.client.auth.deleteAccount.mutate({ currentPassword: 'Wrong-Horse-1' })),
    )
    const input = { currentPassword: other.password, newPassword }
    expect(await other.client.auth.changePassword.mutate(input)).toMatchObject({ sessions: 0 })
  })
})

describe('mails', () => {
  it('are counted by the address that they go to, alike whether it is known or not', async () => {
    const requests = (email: string) =>
      times(4, () => backend.client(undefined, freshAddress()).auth.requestPasswordReset.mutate({ email }))
    const known = (await mailsTo(backend, user.email)).length
    const outcome = { ok: 2, RATE_LIMITED: 2 }
    expect(await countsOf(requests(user.email.toUpperCase()))).toEqual(outcome)
    expect(await countsOf(requests('nobody@example.com'))).toEqual(outcome)
    expect(await mailsTo(backend, user.email)).toHaveLength(known + 2)
  })

  it('are counted by who asks for them, a whole IPv6 network as one', async () => {
    const requests = times(10, (n) =>
      backend
        .client(undefined, `2001:db8:1:2::${n + 1}`)
        .auth.requestPasswordReset.mutate({ email: `m${n}@example.com` }),
    )
    expect(await countsOf(requests)).toEqual({ ok: 6, RATE_LIMITED: 4 })
  })

  it('of every kind are counted together', async () => {
    const address = freshAddress()
    const { email } = user
    await backend.client(undefined, address).auth.requestPasswordReset.mutate({ email })
    await from(address).auth.requestEmailVerification.mutate()
    await expect(
      from(address).auth.changeEmail.mutate({ email, currentPassword: user.password }),
    ).rejects.toMatchObject({ data: { httpStatus: 429, reason: 'RATE_LIMITED' } })
    expect(await refusalsOf(user.signedIn.user.id)).toEqual([{ eventType: 'email_change_request', count: 1 }])
  })

  it('that a wrong password asks for are not counted', async () => {
    const email = `asked-for-by-${user.email}`
    await countsOf(
      times(2, () => user.client.auth.changeEmail.mutate({ email, currentPassword: 'Wrong-Horse-1' })),
    )
    await from(freshAddress()).auth.changeEmail.mutate({ email, currentPassword: user.password })
    expect(await mailsTo(backend, email)).toHaveLength(1)
  })
})
