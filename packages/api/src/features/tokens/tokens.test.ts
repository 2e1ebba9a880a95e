import { tables } from '@tasklane/db'
import { desc, eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCaller } from '../../app-router.ts'
import { createContext } from '../../context.ts'
import { createDependencies } from '../../dependencies.ts'
import { createTestBackend, type TestBackend, type TestUser, testSettings } from '../../testing.ts'
import { apiTokenLimits, type CreateApiToken } from './contract.ts'

let backend: TestBackend
let user: TestUser
let stranger: TestUser

beforeAll(async () => {
  backend = await createTestBackend()
})
beforeEach(async () => {
  user = await backend.signUp()
  stranger = await backend.signUp()
})
afterAll(() => backend.close())

const refusal = (reason: string) => ({ data: { reason } })
const absentId = '00000000-0000-4000-8000-000000000000'
const { apiTokens, authEvents, users } = tables
const reading = { name: 'Nightly report', scopes: 'read' } as const

const secondsFromNow = (seconds: number) => new Date(backend.dependencies.now().getTime() + seconds * 1000)

async function eventsOf(eventType: string) {
  const { db } = backend.database
  return await db
    .select()
    .from(authEvents)
    .where(eq(authEvents.eventType, eventType))
    .orderBy(desc(authEvents.id))
}

interface Inserted {
  userId: string
  expiresAt?: Date
  ageSeconds?: number
}

/** Tokens that are there already, made one second after the other, the last one so long ago. */
async function insertTokens(
  count: number,
  { userId, expiresAt, ageSeconds = 1 }: Inserted,
): Promise<string[]> {
  const rows = Array.from({ length: count }, (_, index) => ({
    id: backend.dependencies.newId(),
    userId,
    name: 'Old',
    tokenHash: crypto.getRandomValues(new Uint8Array(32)),
    scopes: 'read' as const,
    createdAt: secondsFromNow(index + 1 - count - ageSeconds),
    expiresAt,
  }))
  await backend.database.db.insert(apiTokens).values(rows)
  return rows.map(({ id }) => id)
}

describe('tokens.create', () => {
  it('gives the token and what it may do', async () => {
    const created = await user.client.tokens.create.mutate(reading)
    expect(created).toEqual({
      ...reading,
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      createdAt: expect.any(Date),
      expiresAt: null,
      lastUsedAt: null,
      token: expect.stringMatching(/^tl_[\w-]{48}$/),
    })
  })

  it('gives another token each time', async () => {
    const created = await Promise.all(
      Array.from({ length: 20 }, () => user.client.tokens.create.mutate(reading)),
    )
    expect(new Set(created.map(({ token }) => token)).size).toBe(20)
  })

  it('writes the event', async () => {
    await user.client.tokens.create.mutate(reading)
    expect((await eventsOf('token_create'))[0]).toMatchObject({
      success: true,
      userId: user.signedIn.user.id,
      ipAddress: '192.0.2.1',
      userAgent: 'test',
    })
  })

  it('creates nothing when the event cannot be written', async () => {
    const { db } = backend.database
    await db.execute(
      sql`alter table auth_events add constraint no_room check (event_type <> 'token_create') not valid`,
    )
    await expect(user.client.tokens.create.mutate(reading)).rejects.toMatchObject(refusal('INTERNAL'))
    await db.execute(sql`alter table auth_events drop constraint no_room`)
    expect(await user.client.tokens.list.query()).toEqual({ tokens: [] })
  })

  it('takes the expiry as a Date, or as text with an offset', async () => {
    const expiresAt = secondsFromNow(3600)
    const created = await user.client.tokens.create.mutate({ ...reading, expiresAt })
    expect(created).toMatchObject({ expiresAt })
    const response = await backend.fetch('/trpc/tokens.create', {
      method: 'POST',
      body: JSON.stringify({ json: { ...reading, expiresAt: '2099-01-01T00:00:00.1239+02:00' } }),
      headers: {
        authorization: `Bearer ${user.signedIn.accessToken}`,
        'content-type': 'application/json',
      },
    })
    expect(await response.json()).toMatchObject({
      result: { data: { json: { expiresAt: '2098-12-31T22:00:00.123Z' } } },
    })
    expect((await user.client.tokens.list.query()).tokens.map((token) => token.expiresAt)).toEqual([
      new Date('2098-12-31T22:00:00.123Z'),
      expiresAt,
    ])
  })

  it('takes no expiry but one in the future, to the millisecond', async () => {
    const now = backend.dependencies.now()
    const { db, log } = backend.dependencies
    const dependencies = createDependencies({ db, log, settings: testSettings, now: () => now })
    const authorization = [`Bearer ${user.signedIn.accessToken}`]
    const caller = createCaller(createContext(dependencies, { authorization }))
    const next = new Date(now.getTime() + 1)
    expect(await caller.tokens.create({ ...reading, expiresAt: next })).toMatchObject({ expiresAt: next })
    await expect(caller.tokens.create({ ...reading, expiresAt: now })).rejects.toMatchObject({
      reason: 'INPUT_CONTRADICTORY',
      httpStatus: 422,
      details: { issues: [{ path: ['expiresAt'] }] },
    })
  })

  it.each<[string, unknown, string]>([
    ['no name', { scopes: 'read' }, 'name'],
    ['an empty name', { ...reading, name: '' }, 'name'],
    ['a name of 101 characters', { ...reading, name: 'x'.repeat(101) }, 'name'],
    ['a name with NUL', { ...reading, name: 'a\0b' }, 'name'],
    ['a name with half of a surrogate pair', { ...reading, name: 'a\ud800b' }, 'name'],
    ['no scopes', { name: 'x' }, 'scopes'],
    ['unknown scopes', { ...reading, scopes: 'admin' }, 'scopes'],
    ['several scopes', { ...reading, scopes: ['read', 'write'] }, 'scopes'],
    ['an expiry without an offset', { ...reading, expiresAt: '2099-01-01T00:00:00' }, 'expiresAt'],
    ['an expiry on no day', { ...reading, expiresAt: '2099-02-30T00:00:00Z' }, 'expiresAt'],
    ['an expiry past the year 9999', { ...reading, expiresAt: new Date(8.64e15) }, 'expiresAt'],
    ['an expiry that is a number', { ...reading, expiresAt: 4e12 }, 'expiresAt'],
    ['an owner', { ...reading, userId: absentId }, 'userId'],
    ['a token of their own', { ...reading, token: 'tl_x' }, 'token'],
  ])('refuses %s, by name', async (_what, input, name) => {
    const call = user.client.tokens.create.mutate(input as CreateApiToken)
    await expect(call).rejects.toMatchObject({
      data: { httpStatus: 400, reason: 'INPUT_INVALID', issues: [{ path: [name] }] },
    })
    expect(await user.client.tokens.list.query()).toEqual({ tokens: [] })
  })

  it('refuses an expiry in the past, by name, as what does not fit now', async () => {
    const call = user.client.tokens.create.mutate({ ...reading, expiresAt: new Date(0) })
    await expect(call).rejects.toMatchObject({
      data: { httpStatus: 422, reason: 'INPUT_CONTRADICTORY', issues: [{ path: ['expiresAt'] }] },
    })
    expect(await user.client.tokens.list.query()).toEqual({ tokens: [] })
  })

  it('keeps a name of 100 characters as it is, whatever they are', async () => {
    const name = "👩‍👩‍👧‍👦'; drop table api_tokens; -- ".padEnd(100, 'é').slice(0, 100)
    for (const each of [name, '🎉'.repeat(100), ' \t ']) {
      expect(await user.client.tokens.create.mutate({ ...reading, name: each })).toMatchObject({ name: each })
      expect((await user.client.tokens.list.query()).tokens[0]).toMatchObject({ name: each })
    }
  })

  it('lets nobody have more than a hundred live ones, with twenty created at once', async () => {
    const { liveMax } = apiTokenLimits
    const userId = user.signedIn.user.id
    await insertTokens(liveMax - 5, { userId })
    const settled = await Promise.allSettled(
      Array.from({ length: 20 }, () => user.client.tokens.create.mutate(reading)),
    )
    const refused = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    expect(refused).toHaveLength(15)
    for (const error of refused) {
      expect(error).toMatchObject({ data: { httpStatus: 409, reason: 'API_TOKENS_TOO_MANY' } })
    }
    expect((await user.client.tokens.list.query()).tokens).toHaveLength(liveMax)
    expect(await stranger.client.tokens.create.mutate(reading)).toMatchObject(reading)
  })

  it('counts neither revoked nor expired ones', async () => {
    const userId = user.signedIn.user.id
    await insertTokens(apiTokenLimits.liveMax - 2, { userId })
    const expiresAt = secondsFromNow(60)
    await user.client.tokens.create.mutate({ ...reading, expiresAt })
    const { id } = await user.client.tokens.create.mutate(reading)
    await expect(user.client.tokens.create.mutate(reading)).rejects.toMatchObject(
      refusal('API_TOKENS_TOO_MANY'),
    )
    await user.client.tokens.revoke.mutate({ id })
    await user.client.tokens.create.mutate(reading)
    await expect(user.client.tokens.create.mutate(reading)).rejects.toMatchObject(
      refusal('API_TOKENS_TOO_MANY'),
    )
    backend.advanceSeconds(60)
    await user.client.tokens.create.mutate(reading)
  })

  it.each([
    [
      'a user who was deactivated',
      (id: string) => backend.database.db.update(users).set({ isActive: false }).where(eq(users.id, id)),
    ],
    ['a user who was deleted', (id: string) => backend.database.db.delete(users).where(eq(users.id, id))],
  ])('makes no token for %s just now', async (_what, end) => {
    const userId = user.signedIn.user.id
    await end(userId)
    await expect(user.client.tokens.create.mutate(reading)).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    const rows = await backend.database.db.select().from(apiTokens).where(eq(apiTokens.userId, userId))
    expect(rows).toEqual([])
  })

  it('refuses a caller who is not signed in', async () => {
    await expect(backend.client().tokens.create.mutate(reading)).rejects.toMatchObject(
      refusal('AUTHENTICATION_REQUIRED'),
    )
  })
})

describe('tokens.list', () => {
  it('shows the newest first, without the token or its hash', async () => {
    const first = await user.client.tokens.create.mutate(reading)
    backend.advanceSeconds(1)
    const second = await user.client.tokens.create.mutate({ name: 'Deploy', scopes: 'write' })
    await stranger.client.tokens.create.mutate(reading)
    const listed = await user.client.tokens.list.query()
    expect(listed).toEqual({
      tokens: [second, first].map(({ token: _token, ...shown }) => shown),
    })
  })

  it('leaves out revoked ones, and still shows expired ones', async () => {
    const { id: tokenId } = await user.client.tokens.create.mutate(reading)
    const expired = await user.client.tokens.create.mutate({ ...reading, expiresAt: secondsFromNow(60) })
    await user.client.tokens.revoke.mutate({ id: tokenId })
    backend.advanceSeconds(60)
    const { tokens } = await user.client.tokens.list.query()
    expect(tokens.map(({ id, expiresAt }) => ({ id, expiresAt }))).toEqual([
      { id: expired.id, expiresAt: expired.expiresAt },
    ])
  })

  it('shows every live one, and of the expired ones the newest', async () => {
    const { liveMax, expiredListedMax } = apiTokenLimits
    const userId = user.signedIn.user.id
    const live = await insertTokens(liveMax, { userId, ageSeconds: 1000 })
    const expired = await insertTokens(expiredListedMax + 50, { userId, expiresAt: secondsFromNow(-1) })
    const { tokens } = await user.client.tokens.list.query()
    expect(new Set(tokens.map(({ id }) => id))).toEqual(new Set([...live, ...expired.slice(50)]))
    const instants = tokens.map(({ createdAt }) => createdAt.getTime())
    expect(instants).toEqual(instants.toSorted((a, b) => b - a))
  })

  it('refuses a caller who is not signed in, and a field that it does not know', async () => {
    await expect(backend.client().tokens.list.query()).rejects.toMatchObject(
      refusal('AUTHENTICATION_REQUIRED'),
    )
    const withOwner = { userId: stranger.signedIn.user.id } as never
    await expect(user.client.tokens.list.query(withOwner)).rejects.toMatchObject({
      data: { reason: 'INPUT_INVALID', issues: [{ path: ['userId'] }] },
    })
  })
})

describe('tokens.revoke', () => {
  it('ends the token at once and no other, also when its id is written in upper case', async () => {
    const kept = await user.client.tokens.create.mutate(reading)
    const keptClient = backend.client(`Bearer ${kept.token}`)
    for (const spell of [(id: string) => id, (id: string) => id.toUpperCase()]) {
      const { id, token } = await user.client.tokens.create.mutate(reading)
      const client = backend.client(`Bearer ${token}`)
      expect(await client.auth.me.query()).toMatchObject({ email: user.email })
      const answer = await user.client.tokens.revoke.mutate({ id: spell(id) })
      expect(answer).toEqual({ message: 'API token revoked' })
      await expect(client.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    }
    expect(await keptClient.auth.me.query()).toMatchObject({ email: user.email })
    expect(await user.client.tokens.list.query()).toMatchObject({ tokens: [{ id: kept.id }] })
    expect((await eventsOf('token_revoke'))[0]).toMatchObject({
      success: true,
      userId: user.signedIn.user.id,
      ipAddress: '192.0.2.1',
    })
  })

  it('revokes nothing when the event cannot be written', async () => {
    const { db } = backend.database
    const { id: tokenId, token } = await user.client.tokens.create.mutate(reading)
    await db.execute(
      sql`alter table auth_events add constraint no_room check (event_type <> 'token_revoke') not valid`,
    )
    const revoked = user.client.tokens.revoke.mutate({ id: tokenId })
    await expect(revoked).rejects.toMatchObject(refusal('INTERNAL'))
    await db.execute(sql`alter table auth_events drop constraint no_room`)
    expect(await backend.client(`Bearer ${token}`).auth.me.query()).toMatchObject({ email: user.email })
  })

  it('revokes one that has expired, so that it leaves the list', async () => {
    const { id: tokenId } = await user.client.tokens.create.mutate({
      ...reading,
      expiresAt: secondsFromNow(60),
    })
    backend.advanceSeconds(60)
    await user.client.tokens.revoke.mutate({ id: tokenId })
    expect(await user.client.tokens.list.query()).toEqual({ tokens: [] })
  })

  it("answers another user's token as one that does not exist, and leaves it alone", async () => {
    const before = await eventsOf('token_revoke')
    const { id, token } = await user.client.tokens.create.mutate(reading)
    const shapeOf = (tokenId: string) =>
      stranger.client.tokens.revoke.mutate({ id: tokenId }).catch((error: { shape: unknown }) => error.shape)
    const foreign = await shapeOf(id)
    expect(foreign).toMatchObject({ data: { httpStatus: 404, reason: 'API_TOKEN_NOT_FOUND' } })
    expect(foreign).toEqual(await shapeOf(absentId))
    expect(await backend.client(`Bearer ${token}`).auth.me.query()).toMatchObject({ email: user.email })
    expect(await eventsOf('token_revoke')).toEqual(before)
  })

  it('lets exactly one of twenty at once revoke it', async () => {
    const before = await eventsOf('token_revoke')
    const { id: tokenId } = await user.client.tokens.create.mutate(reading)
    const attempts = Array.from({ length: 20 }, () => user.client.tokens.revoke.mutate({ id: tokenId }))
    const settled = await Promise.allSettled(attempts)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const refused = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    for (const error of refused) expect(error).toMatchObject(refusal('API_TOKEN_NOT_FOUND'))
    expect(await eventsOf('token_revoke')).toHaveLength(before.length + 1)
  })

  it.each([
    ['an id that is not a UUID', { id: 'nonsense' }, 'id'],
    ['no id', {}, 'id'],
    ['a field that it does not know', { id: absentId, userId: absentId }, 'userId'],
  ])('refuses %s, by name', async (_what, input, name) => {
    const call = user.client.tokens.revoke.mutate(input as { id: string })
    await expect(call).rejects.toMatchObject({
      data: { httpStatus: 400, reason: 'INPUT_INVALID', issues: [{ path: [name] }] },
    })
  })

  it('refuses a caller who is not signed in', async () => {
    const { id: tokenId } = await user.client.tokens.create.mutate(reading)
    await expect(backend.client().tokens.revoke.mutate({ id: tokenId })).rejects.toMatchObject(
      refusal('AUTHENTICATION_REQUIRED'),
    )
    expect(await user.client.tokens.list.query()).toMatchObject({ tokens: [{ id: tokenId }] })
  })
})
