import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'

let backend: TestBackend
let user: TestUser

beforeAll(async () => {
  backend = await createTestBackend()
})
beforeEach(async () => {
  user = await backend.signUp()
})
afterAll(() => backend.close())

describe('auth.events', () => {
  it('tells what happened to the account and from where, newest first', async () => {
    const wrong = { usernameOrEmail: user.email, password: 'Wrong-Horse-1' }
    const elsewhere = backend.client(undefined, '2001:db8::7')
    await elsewhere.auth.logIn.mutate(wrong).catch(() => undefined)
    expect(await user.client.auth.events.query()).toEqual({
      events: [
        {
          id: expect.any(String),
          type: 'log_in',
          success: false,
          failureReason: 'WRONG_PASSWORD',
          ipAddress: '2001:db8::7',
          userAgent: 'test',
          count: 1,
          createdAt: expect.any(Date),
        },
        {
          id: expect.any(String),
          type: 'sign_up',
          success: true,
          failureReason: null,
          ipAddress: '192.0.2.1',
          userAgent: 'test',
          count: 1,
          createdAt: expect.any(Date),
        },
      ],
      nextCursor: null,
    })
  })

  it('gives every event once, whatever the length of a page, also while new ones come', async () => {
    for (let index = 0; index < 6; index++) await user.client.auth.updateProfile.mutate({ name: `${index}` })
    const { events: all } = await user.client.auth.events.query()
    expect(all).toHaveLength(7)
    for (const limit of [1, 2, 3, 6, 7, 8]) {
      const seen = []
      let cursor: string | undefined
      do {
        const page = await user.client.auth.events.query({ limit, cursor })
        expect(page.events.length).toBeLessThanOrEqual(limit)
        seen.push(...page.events)
        cursor = page.nextCursor ?? undefined
        await user.client.auth.updateProfile.mutate({ name: `later ${limit} ${seen.length}` })
      } while (cursor !== undefined)
      expect(seen.slice(-all.length)).toEqual(all)
      expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length)
    }
  })

  it('shows nothing of another user, also from a cursor of theirs', async () => {
    const other = await backend.signUp()
    await other.client.auth.updateProfile.mutate({ name: 'Bea' })
    const { nextCursor } = await other.client.auth.events.query({ limit: 1 })
    const own = await user.client.auth.events.query()
    const { events } = await user.client.auth.events.query({ cursor: nextCursor ?? '' })
    expect(events).toEqual(own.events)
  })

  it('gives 50 unless it is asked for another number, from 1 to 100', async () => {
    for (let index = 0; index < 51; index++) await user.client.auth.updateProfile.mutate({ name: `${index}` })
    expect((await user.client.auth.events.query()).events).toHaveLength(50)
    expect((await user.client.auth.events.query({ limit: 100 })).events).toHaveLength(52)
    for (const limit of [0, 101, 1.5])
      await expect(user.client.auth.events.query({ limit })).rejects.toMatchObject({
        data: { reason: 'INPUT_INVALID', issues: [{ path: ['limit'] }] },
      })
  })

  it.each([
    ['nonsense', 'nonsense'],
    ['an id', '0193b3a0-0000-7000-8000-000000000000'],
    ['a cursor with something behind it', `${Buffer.alloc(25, 1).toString('base64url')}AA`],
    ['a cursor of an export', Buffer.alloc(25, 2).toString('base64url')],
    ['a cursor of no time', Buffer.from([1, ...Buffer.alloc(24, 0xff)]).toString('base64url')],
    ['a cursor in another spelling', `${Buffer.alloc(25, 1).toString('base64url')}=`],
    ['NUL', '\0'],
  ])('refuses %s for a cursor', async (_what, cursor) => {
    await expect(user.client.auth.events.query({ cursor })).rejects.toMatchObject({
      data: { httpStatus: 422, reason: 'CURSOR_INVALID' },
    })
  })

  it('refuses an empty cursor and an unknown field, by name', async () => {
    for (const [name, value] of [
      ['cursor', ''],
      ['userId', 'x'],
    ])
      await expect(user.client.auth.events.query(JSON.parse(`{"${name}":"${value}"}`))).rejects.toMatchObject(
        {
          data: { reason: 'INPUT_INVALID', issues: [{ path: [name] }] },
        },
      )
  })
})
