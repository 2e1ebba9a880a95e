import { type Db, tables } from '@tasklane/db'
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { describeEvent } from '../audit/events.ts'
import { createTestBackend } from '../testing.ts'
import { createForeignBackend, type ForeignBackend, refusal, repeat } from './fixtures/foreign-backend.ts'
import { recheckForeignSeconds } from './foreign-tokens.ts'
import { insertIdentity } from './identity-queries.ts'
import { hashIdentity } from './provision-user.ts'

const { deletedIdentities, identities, users } = tables
const nowhere = { ipAddress: undefined, userAgent: undefined }

let its: ForeignBackend

beforeAll(async () => {
  its = await createForeignBackend()
})
afterAll(() => its.backend.close())

describe('fifty first calls at once', () => {
  it.each([
    ['with one token', (sub: string) => () => its.tokenOf(sub)],
    [
      'with a token each',
      (sub: string) => (at: number) => its.tokenOf(sub, { iat: its.nowSeconds() - at, jti: `${at}` }),
    ],
  ])('make one user %s', async (_how, tokens) => {
    const sub = its.newSubject()
    const before = await its.countUsers()
    const made = repeat(50, tokens(sub))
    const answers = await Promise.all(made.map(its.meOf))
    const id = answers[0]?.id ?? ''
    expect(answers.map((user) => user.id)).toEqual(repeat(50, () => id))
    expect(await its.countUsers()).toBe(before + 1)
    expect(await its.eventsOf(id)).toMatchObject([{ eventType: 'identity_provision' }])
  })

  it('make one user at two processes, with the email that is claimed', async () => {
    const sub = its.newSubject()
    const email = its.newEmail()
    const before = await its.countUsers()
    const processes = [its.startProcess(), its.startProcess()] as const
    const token = its.tokenOf(sub, { email })
    const answers = await Promise.all(repeat(50, (at) => processes[at % 2 === 0 ? 0 : 1].meOf(token)))
    const id = answers[0]?.id ?? ''
    expect(answers.map((user) => [user.id, user.email])).toEqual(repeat(50, () => [id, email]))
    expect(await its.countUsers()).toBe(before + 1)
    expect(await its.eventsOf(id)).toMatchObject([{ eventType: 'identity_provision' }])
  })
})

describe('a first call', () => {
  it('needs no claim but the subject', async () => {
    const sub = its.newSubject()
    const { iss, aud, exp } = its.issuer.claims()
    const user = await its.meOf(its.issuer.sign(its.issuer.header, { iss, aud, exp, sub }))
    expect(user).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      email: null,
      username: null,
      name: null,
      avatarUrl: null,
      emailVerified: false,
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
      lastLoginAt: null,
    })
    expect(await its.identityOf(sub)).toMatchObject({ issuer: 'https://id.example.com', userId: user.id })
  })

  it('writes one event with the address and the user agent of the caller', async () => {
    const { id } = await its.backend
      .client(`Bearer ${its.tokenOf(its.newSubject())}`, '2001:db8::5')
      .auth.me.query()
    expect(await its.eventsOf(id)).toMatchObject([
      { eventType: 'identity_provision', success: true, ipAddress: '2001:db8::5', userAgent: 'test' },
    ])
    const atOther = await its.startProcess().meOf(its.tokenOf(its.newSubject()))
    expect(await its.eventsOf(atOther.id)).toMatchObject([{ ipAddress: '192.0.2.2', userAgent: 'other' }])
  })

  it.each([
    { role: 'admin' },
    { roles: ['admin'] },
    { is_admin: true },
    { isAdmin: true },
    { isActive: true, passwordHash: 'x', username: 'root', id: '00000000-0000-4000-8000-000000000000' },
    { scope: 'admin', groups: ['admin'], permissions: ['*'], app_metadata: { role: 'admin' } },
  ])('reads no role and nothing else of ours from %j', async (claims) => {
    const token = its.tokenOf(its.newSubject(), claims)
    const { id } = await its.meOf(token)
    expect(await its.userOf(id)).toMatchObject({
      role: 'user',
      username: null,
      passwordHash: null,
      isActive: true,
    })
    await expect(its.clientOf(token).users.deactivate.mutate({ id })).rejects.toMatchObject(
      refusal('ADMIN_REQUIRED'),
    )
  })
})

describe('an email that another account has', () => {
  async function expectApart(token: string, taken: { id: string; email: string | null }) {
    const user = await its.meOf(token)
    expect(user).toMatchObject({ email: null, emailVerified: false, name: 'Mallory' })
    expect(user.id).not.toBe(taken.id)
    const [provisioned, event, ...others] = await its.eventsOf(user.id)
    expect(provisioned).toMatchObject({ eventType: 'identity_provision' })
    expect(event).toMatchObject({
      eventType: 'identity_email_taken',
      success: false,
      failureReason: 'EMAIL_TAKEN',
      ipAddress: '192.0.2.1',
      userAgent: 'test',
      identifierHash: expect.any(Uint8Array),
    })
    expect(others).toEqual([])
    return user
  }

  it.each([true, false])('stays with a local account, verified or not: %j', async (email_verified) => {
    const local = await its.backend.signUp()
    const { id } = await local.client.tasks.create.mutate({ title: 'mine' })
    const claims = { email: local.email.toUpperCase(), email_verified, name: 'Mallory' }
    const token = its.tokenOf(its.newSubject(), claims)
    await expectApart(token, local.signedIn.user)
    await expect(its.clientOf(token).tasks.get.query({ id })).rejects.toMatchObject(refusal('TASK_NOT_FOUND'))
    expect(await local.client.auth.me.query()).toMatchObject({
      email: local.email,
      name: null,
      emailVerified: false,
    })
    expect(await local.client.tasks.list.query()).toMatchObject({ total: 1 })
  })

  it('stays with the user of another issuer, though the subject is the same', async () => {
    const sub = its.newSubject()
    const claims = { sub, email: its.newEmail(), email_verified: true }
    const first = await its.meOf(its.otherIssuer.signed({ claims }))
    await expectApart(its.tokenOf(sub, { ...claims, name: 'Mallory' }), first)
    expect(await its.meOf(its.otherIssuer.signed({ claims }))).toEqual(first)
  })

  it('stays where it is when a later token claims it, with one event for however many tokens', async () => {
    const local = await its.backend.signUp()
    const tokenAged = its.agedTokens(its.newSubject())
    const email = its.newEmail()
    const { id } = await its.meOf(tokenAged(100, { email }))
    for (const age of [90, 80, 70]) {
      const claims = { email: local.email, email_verified: true, name: `Ada ${age}` }
      expect(await its.meOf(tokenAged(age, claims))).toMatchObject({
        id,
        email,
        emailVerified: false,
        name: `Ada ${age}`,
      })
    }
    const events = (await its.eventsOf(id)).map(({ eventType }) => eventType)
    expect(events).toEqual(['identity_provision', 'identity_email_taken'])
  })

  it('is not asked for twice by one user, and is had by one of two who come at once', async () => {
    const email = its.newEmail()
    const answers = await Promise.all(repeat(10, () => its.meOf(its.tokenOf(its.newSubject(), { email }))))
    expect(answers.filter((user) => user.email === email)).toHaveLength(1)
    expect(new Set(answers.map(({ id }) => id)).size).toBe(10)
  })
})

describe('a user who may sign in no more', () => {
  it('is refused at once where it is known, and is not made again', async () => {
    const sub = its.newSubject()
    const token = its.tokenOf(sub)
    const { id } = await its.meOf(token)
    const before = await its.countUsers()
    await its.deactivate(id)
    its.backend.dependencies.revocations.add({ userId: id })
    await expect(its.clientOf(token).tasks.list.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    await expect(its.clientOf(its.tokenOf(sub, { jti: 'x' })).tasks.list.query()).rejects.toMatchObject(
      refusal('TOKEN_INVALID'),
    )
    expect(await its.countUsers()).toBe(before)
  })

  it('is refused elsewhere once the token is looked at again, with its profile as it was', async () => {
    const sub = its.newSubject()
    const token = its.tokenOf(sub, { name: 'Ada' })
    const { id } = await its.meOf(token)
    await its.deactivate(id)
    expect(await its.clientOf(token).tasks.list.query()).toMatchObject({ total: 0 })
    const newer = its.tokenOf(sub, { name: 'Countess', iat: its.nowSeconds() })
    await expect(its.clientOf(newer).tasks.list.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    its.backend.advanceSeconds(recheckForeignSeconds)
    await expect(its.clientOf(token).tasks.list.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    expect(await its.userOf(id)).toMatchObject({ name: 'Ada', isActive: false })
    expect(await its.eventsOf(id)).toMatchObject([{ eventType: 'identity_provision' }])
  })
})

it('keeps a user out for as long as a token is remembered, however short our own tokens live', async () => {
  const trustedIssuers = [its.issuer.trusted]
  const backend = await createTestBackend({ trustedIssuers, accessTokenTtlSeconds: 1 })
  onTestFinished(() => backend.close())
  const client = backend.client(`Bearer ${its.issuer.signed()}`)
  const { id } = await client.auth.me.query()
  const { revocations } = backend.dependencies
  revocations.add({ userId: id })
  backend.advanceSeconds(recheckForeignSeconds - 60)
  revocations.add({ userId: crypto.randomUUID() })
  await expect(client.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
})

describe('a deleted account', () => {
  it('is not brought back by its token, nor by a later one, and the refusal writes nothing', async () => {
    const sub = its.newSubject()
    const token = its.tokenOf(sub, { email: its.newEmail() })
    await its.meOf(token)
    const before = await its.countUsers()
    await its.clientOf(token).auth.deleteAccount.mutate()
    its.backend.statements.length = 0
    const processes = [its.startProcess(), its.startProcess()] as const
    for (const again of [token, its.tokenOf(sub, { iat: its.nowSeconds() })]) {
      await expect(its.meOf(again)).rejects.toMatchObject(refusal('TOKEN_INVALID'))
      for (const other of processes)
        await expect(other.meOf(again)).rejects.toMatchObject({ reason: 'TOKEN_INVALID' })
    }
    its.backend.advanceSeconds(recheckForeignSeconds)
    await expect(its.meOf(token)).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    for (const statement of its.backend.statements) expect(statement).toMatch(/^select/)
    expect(await its.countUsers()).toBe(before - 1)
    expect(await its.identityOf(sub)).toBeUndefined()
  })

  it('leaves the same subject of another issuer alone, and its email free', async () => {
    const sub = its.newSubject()
    const email = its.newEmail()
    await its.clientOf(its.tokenOf(sub, { email })).auth.deleteAccount.mutate()
    expect(await its.meOf(its.otherIssuer.signed({ claims: { sub, email } }))).toMatchObject({ email })
  })

  it('is not brought back by calls at other processes while it is deleted', async () => {
    for (let round = 0; round < 5; round++) {
      const sub = its.newSubject()
      const tokenAged = its.agedTokens(sub)
      const client = its.clientOf(tokenAged(100, { name: 'Ada' }))
      const { id } = await client.auth.me.query()
      const [deletion, ...calls] = await Promise.allSettled([
        client.auth.deleteAccount.mutate(),
        ...repeat(4, (at) => its.startProcess().meOf(tokenAged(90 - at, { name: `Ada ${at}` }))),
      ])
      expect(deletion).toMatchObject({ status: 'fulfilled' })
      for (const call of calls) {
        if (call.status === 'fulfilled') expect(call.value).toMatchObject({ id })
        else expect(call.reason).toMatchObject({ reason: 'TOKEN_INVALID' })
      }
      expect(await its.identityOf(sub)).toBeUndefined()
      await expect(its.startProcess().meOf(tokenAged(0))).rejects.toMatchObject({ reason: 'TOKEN_INVALID' })
    }
  })

  it('is not brought back by a first call that waits for its deletion', async () => {
    const sub = its.newSubject()
    const { id } = await its.meOf(its.tokenOf(sub))
    const before = await its.countUsers()
    const identity = { issuer: its.issuer.trusted.issuer, subject: sub, profile: {}, issuedAt: new Date() }
    const hash = hashIdentity(identity)
    const event = () =>
      describeEvent({ ...its.backend.dependencies, ...nowhere }, { type: 'identity_provision' })
    const events = { provisioned: event, emailTaken: event }
    const { db } = its.backend.database
    const inserting = await db.transaction(async (tx) => {
      await tx.delete(users).where(eq(users.id, id))
      const call = insertIdentity(db, { ...identity, id: its.backend.dependencies.newId(), hash, events })
      await untilOneWaits(tx)
      await leaveTombstone(tx, hash)
      return [call]
    })
    expect(await Promise.all(inserting)).toEqual([undefined])
    expect(await its.countUsers()).toBe(before - 1)
  })

  it('is deleted in peace, though a newer token brings a profile meanwhile', async () => {
    const sub = its.newSubject()
    const tokenAged = its.agedTokens(sub)
    const { id } = await its.meOf(tokenAged(100, { name: 'Ada' }))
    const calling = await its.backend.database.db.transaction(async (tx) => {
      await tx.select().from(users).where(eq(users.id, id)).for('update')
      const call = its.meOf(tokenAged(50, { name: 'Countess' })).catch((error: unknown) => error)
      await untilOneWaits(tx)
      await tx.delete(identities).where(eq(identities.subject, sub))
      await tx.delete(users).where(eq(users.id, id))
      await leaveTombstone(tx, hashIdentity({ issuer: its.issuer.trusted.issuer, subject: sub }))
      return [call]
    })
    expect(await Promise.all(calling)).toMatchObject([refusal('TOKEN_INVALID')])
  })
})

async function leaveTombstone(tx: Db, identityHash: Uint8Array): Promise<void> {
  await tx.insert(deletedIdentities).values({ identityHash, deletedAt: new Date() })
}

/** Until another connection waits for a lock. The embedded database has one, and waits for the transaction. */
async function untilOneWaits(tx: Db): Promise<void> {
  if (its.backend.database.kind === 'embedded') return
  const waiting = sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  await expect.poll(() => tx.execute(waiting)).toHaveLength(1)
}

it('lets no foreign token log out: its session is kept elsewhere', async () => {
  const client = its.clientOf(its.tokenOf(its.newSubject()))
  await expect(client.auth.logOut.mutate()).rejects.toMatchObject({
    data: { httpStatus: 403, reason: 'SESSION_REQUIRED' },
  })
  expect(await client.auth.me.query()).toMatchObject({ email: null })
})
