import { createHash } from 'node:crypto'
import { hash as bcryptHash } from '@node-rs/bcrypt'
import { tables } from '@tasklane/db'
import { desc, eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { holdBackground, mailsTo, tokenMailedTo } from '../../mail/fixtures/mailbox.ts'
import { mailTokenTtlSeconds } from '../../mail/mail-tokens.ts'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import { foreignClient, testIssuer } from './fixtures/callers.ts'

let backend: TestBackend
let user: TestUser

beforeAll(async () => {
  backend = await createTestBackend({ trustedIssuers: [testIssuer] })
})
beforeEach(async () => {
  user = await backend.signUp()
})
afterAll(() => backend.close())

const refusal = (reason: string) => ({ data: { reason } })
const { authEvents, mailTokens, users } = tables

let emails = 0
const freshEmail = () => `fresh-${++emails}@example.com`
const verify = (token: string) => backend.client().auth.verifyEmail.mutate({ token })
const me = () => user.client.auth.me.query()

async function eventsOf(userId: string) {
  const { db } = backend.database
  const rows = await db
    .select()
    .from(authEvents)
    .where(eq(authEvents.userId, userId))
    .orderBy(desc(authEvents.id))
  return rows.map(({ eventType, failureReason }) => [eventType, failureReason])
}

async function changeEmail(email: string): Promise<string> {
  await user.client.auth.changeEmail.mutate({ email, currentPassword: user.password })
  return await tokenMailedTo(backend, email.toLowerCase(), 'verify-email')
}

describe('auth.changeEmail', () => {
  it('keeps the old address until the link that went to the new one is used', async () => {
    const email = freshEmail()
    const token = await changeEmail(email.toUpperCase())
    expect(await me()).toMatchObject({ email: user.email, emailVerified: false })
    expect(await verify(token)).toEqual({ message: 'The email address is confirmed' })
    expect(await me()).toMatchObject({ email, emailVerified: true })
    const logIn = { usernameOrEmail: email, password: user.password }
    expect(await backend.client().auth.logIn.mutate(logIn)).toMatchObject({ user: { email } })
    expect(await eventsOf(user.signedIn.user.id)).toEqual([
      ['log_in', null],
      ['email_verify', null],
      ['email_change_request', null],
      ['sign_up', null],
    ])
  })

  it('mails the link to the new address alone, and tells the old one when it has changed', async () => {
    const email = freshEmail()
    const known = (await mailsTo(backend, user.email)).length
    const token = await changeEmail(email)
    expect((await mailsTo(backend, user.email)).slice(known)).toEqual([])
    expect(await mailsTo(backend, email)).toMatchObject([{ subject: 'Confirm your email address' }])
    await verify(token)
    expect((await mailsTo(backend, user.email)).slice(known)).toMatchObject([
      { subject: 'Your email address was changed' },
    ])
    expect(JSON.stringify((await mailsTo(backend, user.email)).slice(known))).not.toContain(email)
  })

  it('keeps no token that could be used, only its hash', async () => {
    const token = await changeEmail(freshEmail())
    const { db } = backend.database
    const [row] = await db.select().from(mailTokens).where(eq(mailTokens.userId, user.signedIn.user.id))
    expect(Buffer.from(row?.tokenHash ?? [])).toEqual(createHash('sha256').update(token).digest())
    const seen = [backend.log, await db.select().from(mailTokens), await db.select().from(authEvents)]
    expect(JSON.stringify(seen)).not.toContain(token)
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
  })

  it.each([
    ['a wrong', { currentPassword: 'Wrong-Horse-1' }],
    ['no', {}],
  ])('refuses %s current password, mails nothing and writes the failure', async (_what, input) => {
    const email = freshEmail()
    await expect(user.client.auth.changeEmail.mutate({ email, ...input })).rejects.toMatchObject({
      data: { httpStatus: 403, reason: 'PASSWORD_WRONG' },
    })
    expect(await mailsTo(backend, email)).toEqual([])
    expect(await eventsOf(user.signedIn.user.id)).toEqual([
      ['email_change_request', 'WRONG_PASSWORD'],
      ['sign_up', null],
    ])
  })

  it('asks no password of an account that has none', async () => {
    const client = await foreignClient(backend, { sub: 'no-password' })
    const email = freshEmail()
    await client.auth.changeEmail.mutate({ email })
    await verify(await tokenMailedTo(backend, email, 'verify-email'))
    expect(await client.auth.me.query()).toMatchObject({ email, emailVerified: true })
  })

  it('answers alike for an address that is taken, and sends no mail to it', async () => {
    const other = await backend.signUp()
    const known = (await mailsTo(backend, other.email)).length
    const change = (email: string) =>
      user.client.auth.changeEmail.mutate({ email, currentPassword: user.password })
    const statementsOf = async (email: string) => {
      await backend.dependencies.background.settled()
      const { release } = holdBackground(backend)
      backend.statements.length = 0
      const answer = await change(email)
      const seen = { answer, statements: [...backend.statements] }
      release()
      return seen
    }
    expect(await statementsOf(other.email)).toEqual(await statementsOf(freshEmail()))
    expect((await mailsTo(backend, other.email)).slice(known)).toEqual([])
  })

  it.each([
    ['no email', {}, 'email'],
    ['an email without @', { email: 'nobody' }, 'email'],
    ['an unknown field', { email: 'a@example.com', userId: 'x' }, 'userId'],
  ])('refuses %s, by name', async (_what, input, name) => {
    await expect(user.client.auth.changeEmail.mutate(input as { email: string })).rejects.toMatchObject({
      data: { reason: 'INPUT_INVALID', issues: [{ path: [name] }] },
    })
  })
})

describe('auth.requestEmailVerification', () => {
  it('mails a link to the present address, which confirms it and tells nobody', async () => {
    const known = (await mailsTo(backend, user.email)).length
    await user.client.auth.requestEmailVerification.mutate()
    expect(await me()).toMatchObject({ emailVerified: false })
    await verify(await tokenMailedTo(backend, user.email, 'verify-email'))
    expect(await me()).toMatchObject({ email: user.email, emailVerified: true })
    expect(await mailsTo(backend, user.email)).toHaveLength(known + 1)
    expect(await eventsOf(user.signedIn.user.id)).toEqual([
      ['email_verify', null],
      ['email_verification_request', null],
      ['sign_up', null],
    ])
  })

  it('does nothing for an address that is confirmed, or for none', async () => {
    await verify(await tokenMailedTo(backend, user.email, 'verify-email'))
    const known = (await mailsTo(backend, user.email)).length
    expect(await user.client.auth.requestEmailVerification.mutate()).toEqual({
      message: 'The email address is confirmed already',
    })
    const foreign = await foreignClient(backend, { sub: 'no-email' })
    expect(await foreign.auth.requestEmailVerification.mutate()).toEqual({
      message: 'This account has no email address',
    })
    expect(await mailsTo(backend, user.email)).toHaveLength(known)
    expect(await eventsOf(user.signedIn.user.id)).toHaveLength(2)
  })
})

describe('auth.verifyEmail', () => {
  it('takes the link of the sign-up', async () => {
    await verify(await tokenMailedTo(backend, user.email, 'verify-email'))
    expect(await me()).toMatchObject({ emailVerified: true })
  })

  it('takes a link once, also of twenty uses at once', async () => {
    const token = await tokenMailedTo(backend, user.email, 'verify-email')
    const settled = await Promise.allSettled(Array.from({ length: 20 }, () => verify(token)))
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await expect(verify(token)).rejects.toMatchObject({
      data: { httpStatus: 422, reason: 'MAIL_TOKEN_INVALID' },
    })
  })

  it('takes the newest link only', async () => {
    const first = await tokenMailedTo(backend, user.email, 'verify-email')
    await user.client.auth.requestEmailVerification.mutate()
    const second = await tokenMailedTo(backend, user.email, 'verify-email')
    await expect(verify(first)).rejects.toMatchObject(refusal('MAIL_TOKEN_INVALID'))
    await verify(second)
  })

  it('refuses a link whose time is over', async () => {
    const other = await backend.signUp()
    const token = await tokenMailedTo(backend, user.email, 'verify-email')
    backend.advanceSeconds(mailTokenTtlSeconds - 600)
    await verify(await tokenMailedTo(backend, other.email, 'verify-email'))
    backend.advanceSeconds(600)
    await expect(verify(token)).rejects.toMatchObject(refusal('MAIL_TOKEN_INVALID'))
  })

  it('refuses a link to choose a password', async () => {
    await backend.client().auth.requestPasswordReset.mutate({ email: user.email })
    const token = await tokenMailedTo(backend, user.email, 'reset-password')
    await expect(verify(token)).rejects.toMatchObject(refusal('MAIL_TOKEN_INVALID'))
  })

  it('refuses what is no token, and writes no event for it', async () => {
    const { db } = backend.database
    const before = await db.select().from(authEvents)
    for (const token of ['x', 'A'.repeat(43), 'a\0b', '🦆'])
      await expect(verify(token)).rejects.toMatchObject(refusal('MAIL_TOKEN_INVALID'))
    await expect(verify('')).rejects.toMatchObject({ data: { issues: [{ path: ['token'] }] } })
    await expect(verify('x'.repeat(513))).rejects.toMatchObject({ data: { issues: [{ path: ['token'] }] } })
    expect(await db.select().from(authEvents)).toEqual(before)
  })

  it('refuses an address that another account took meanwhile, and the link stays used', async () => {
    const email = freshEmail()
    const token = await changeEmail(email)
    const { db } = backend.database
    const other = await backend.signUp()
    const isOther = eq(users.id, other.signedIn.user.id)
    await db.update(users).set({ email }).where(isOther)
    await expect(verify(token)).rejects.toMatchObject({ data: { httpStatus: 409, reason: 'EMAIL_TAKEN' } })
    await db.update(users).set({ email: other.email }).where(isOther)
    await expect(verify(token)).rejects.toMatchObject(refusal('MAIL_TOKEN_INVALID'))
    expect(await me()).toMatchObject({ email: user.email, emailVerified: false })
    expect(await eventsOf(user.signedIn.user.id)).toEqual([
      ['email_verify', 'EMAIL_TAKEN'],
      ['email_change_request', null],
      ['sign_up', null],
    ])
  })

  it('gives an address to one of two accounts that ask for it', async () => {
    const email = freshEmail()
    const other = await backend.signUp()
    const first = await changeEmail(email)
    await other.client.auth.changeEmail.mutate({ email, currentPassword: other.password })
    const second = await tokenMailedTo(backend, email, 'verify-email')
    const settled = await Promise.allSettled([verify(first), verify(second)])
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(settled.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: refusal('EMAIL_TAKEN'),
    })
  })

  it('makes a link to choose a password useless that went to the old address', async () => {
    await backend.client().auth.requestPasswordReset.mutate({ email: user.email })
    const reset = await tokenMailedTo(backend, user.email, 'reset-password')
    await verify(await changeEmail(freshEmail()))
    const { db } = backend.database
    const isOwn = eq(mailTokens.userId, user.signedIn.user.id)
    expect(await db.select().from(mailTokens).where(isOwn)).toEqual([])
    await expect(
      backend.client().auth.resetPassword.mutate({ token: reset, newPassword: 'Another-Horse-2' }),
    ).rejects.toMatchObject(refusal('MAIL_TOKEN_INVALID'))
  })

  it('does nothing for an account that may not sign in', async () => {
    const token = await tokenMailedTo(backend, user.email, 'verify-email')
    const isUser = eq(users.id, user.signedIn.user.id)
    await backend.database.db.update(users).set({ isActive: false }).where(isUser)
    await expect(verify(token)).rejects.toMatchObject(refusal('MAIL_TOKEN_INVALID'))
  })
})

describe('a server that sends no mail', () => {
  it('says so before it looks at anything, and verifies links that were sent before', async () => {
    const token = await tokenMailedTo(backend, user.email, 'verify-email')
    const { mailer } = backend.dependencies
    backend.dependencies.mailer = undefined
    backend.statements.length = 0
    const wrong = { email: freshEmail(), currentPassword: 'Wrong-Horse-1' }
    await Promise.all(
      [
        user.client.auth.changeEmail.mutate(wrong),
        user.client.auth.requestEmailVerification.mutate(),
        backend.client().auth.requestPasswordReset.mutate({ email: user.email }),
        backend.client().auth.requestPasswordReset.mutate({ email: freshEmail() }),
      ].map((call) =>
        expect(call).rejects.toMatchObject({ data: { httpStatus: 503, reason: 'MAIL_UNAVAILABLE' } }),
      ),
    )
    // But for whether the session lives.
    expect(backend.statements.filter((text) => !text.includes('from "sessions"'))).toEqual([])
    await verify(token)
    backend.dependencies.mailer = mailer
  })
})

describe('a change of the address that meets a password reset', () => {
  it('is not begun with the password of before', async () => {
    const { db } = backend.database
    const user = await backend.signUp()
    // Slow enough for the reset to come in between.
    const passwordHash = await bcryptHash(user.password, { cost: 12 })
    await db.update(users).set({ passwordHash }).where(eq(users.email, user.email))
    const input = { email: 'thief@example.com', currentPassword: user.password }
    const changing = user.client.auth.changeEmail.mutate(input)
    const refused = expect(changing).rejects.toMatchObject({ data: { reason: 'TOKEN_INVALID' } })
    await expect.poll(() => backend.dependencies.hasher.load().inFlight, { interval: 1 }).toBeGreaterThan(0)
    await db.update(users).set({ passwordHash: 'another' }).where(eq(users.email, user.email))
    await refused
    expect(await db.$count(mailTokens, eq(mailTokens.email, 'thief@example.com'))).toBe(0)
  })
})
