import { createHash } from 'node:crypto'
import { tables } from '@tasklane/db'
import { desc, eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { holdBackground, mailsTo, tokenMailedTo } from '../../mail/fixtures/mailbox.ts'
import { mailTokenTtlSeconds, newMailToken } from '../../mail/mail-tokens.ts'
import { insertMailToken } from '../../mail/queries.ts'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import { apiTokenClient, foreignClient, secondDevice, testIssuer } from './fixtures/callers.ts'
import { countWaiting } from './fixtures/locks.ts'

let backend: TestBackend
let user: TestUser

beforeAll(async () => {
  backend = await createTestBackend({ trustedIssuers: [testIssuer] })
})
beforeEach(async () => {
  user = await backend.signUp()
})
afterAll(() => backend.close())

/** The machine may be slow. */
const waiting = { timeout: 15_000 }
const refusal = (reason: string) => ({ data: { reason } })
const { authEvents, mailTokens, users } = tables
const newPassword = 'Another-Horse-2'
const linkInvalid = { data: { httpStatus: 422, reason: 'MAIL_TOKEN_INVALID' } }

const request = (email: string) => backend.client().auth.requestPasswordReset.mutate({ email })
const reset = (token: string, input: object = {}) =>
  backend.client().auth.resetPassword.mutate({ token, newPassword, ...input })
const logIn = (password: string, ipAddress?: string) =>
  backend.client(undefined, ipAddress).auth.logIn.mutate({ usernameOrEmail: user.email, password })

async function requested(): Promise<string> {
  await request(user.email)
  return await tokenMailedTo(backend, user.email, 'reset-password')
}

async function lastEvent() {
  await backend.dependencies.background.settled()
  const [event] = await backend.database.db.select().from(authEvents).orderBy(desc(authEvents.id)).limit(1)
  return event
}

const setUser = (fields: Partial<typeof users.$inferInsert>) =>
  backend.database.db.update(users).set(fields).where(eq(users.id, user.signedIn.user.id))

describe('auth.requestPasswordReset', () => {
  it('mails a link to the address of the account, in any spelling of it, and writes the event', async () => {
    await request(`  ${user.email.toUpperCase()} `)
    expect((await mailsTo(backend, user.email)).at(-1)).toMatchObject({ subject: 'Choose a new password' })
    expect(await lastEvent()).toMatchObject({
      eventType: 'password_reset_request',
      success: true,
      userId: user.signedIn.user.id,
      ipAddress: '192.0.2.1',
      userAgent: 'test',
    })
  })

  it('answers the same, before any statement, whether the address is known or not', async () => {
    const foreign = await foreignUser()
    await backend.dependencies.background.settled()
    const { release } = holdBackground(backend)
    backend.statements.length = 0
    const answers = [await request(user.email), await request('nobody@example.com'), await request(foreign)]
    expect(backend.statements).toEqual([])
    release()
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(await mailsTo(backend, 'nobody@example.com')).toEqual([])
    expect(await mailsTo(backend, foreign)).toEqual([])
    expect((await mailsTo(backend, user.email)).at(-1)).toMatchObject({ subject: 'Choose a new password' })
  })

  async function foreignUser(): Promise<string> {
    const email = `foreign-of-${user.email}`
    await (await foreignClient(backend, { sub: email, email })).auth.me.query()
    return email
  }

  it('sends nothing where there is nobody, and writes the failure without the address', async () => {
    const email = 'somebody.secret@example.com'
    await request(email)
    const event = await lastEvent()
    expect(event).toMatchObject({
      eventType: 'password_reset_request',
      success: false,
      failureReason: 'UNKNOWN_USER',
      userId: null,
    })
    expect(event?.identifierHash).not.toBeNull()
    expect(JSON.stringify([event, backend.log])).not.toContain('somebody')
    expect(await mailsTo(backend, email)).toEqual([])
  })

  it.each([
    ['an account that may not sign in', { isActive: false }, 'INACTIVE'],
    ['an account without a password', { passwordHash: null }, 'PASSWORD_NOT_SET'],
  ])('sends nothing to %s', async (_what, fields, failureReason) => {
    await setUser(fields)
    const known = (await mailsTo(backend, user.email)).length
    await request(user.email)
    expect(await lastEvent()).toMatchObject({ eventType: 'password_reset_request', failureReason })
    expect(await mailsTo(backend, user.email)).toHaveLength(known)
  })

  it('logs a mail that could not be sent, and not its link', async () => {
    const { mailer } = backend.dependencies
    if (!mailer) throw new Error('The backend of a test sends mail.')
    const seen: string[] = []
    const send = async ({ text }: { text: string }) => {
      seen.push(text)
      throw new Error('The mail server is away.')
    }
    backend.dependencies.mailer = { ...mailer, send }
    backend.log.length = 0
    await request(user.email)
    await backend.dependencies.background.settled()
    backend.dependencies.mailer = mailer
    expect(backend.log).toMatchObject([
      { level: 'error', details: { error: { message: 'The mail server is away.' } } },
    ])
    expect(seen).toHaveLength(1)
    const token = /#token=(\S+)/.exec(seen[0] ?? '')?.[1] ?? 'no token'
    expect(token).toHaveLength(43)
    expect(JSON.stringify(backend.log)).not.toContain(token)
  })

  it.each([
    ['no email', {}, 'email'],
    ['an email without @', { email: 'nobody' }, 'email'],
    ['an unknown field', { email: 'a@example.com', x: 1 }, 'x'],
  ])('refuses %s, by name', async (_what, input, name) => {
    await expect(
      backend.client().auth.requestPasswordReset.mutate(input as { email: string }),
    ).rejects.toMatchObject({ data: { reason: 'INPUT_INVALID', issues: [{ path: [name] }] } })
  })
})

describe('auth.resetPassword', () => {
  it('lets the new password in and the old one out, and confirms the address', async () => {
    const token = await requested()
    expect(await reset(token, { confirmPassword: newPassword })).toEqual({
      message: 'Password changed. Log in with it',
    })
    expect(await lastEvent()).toMatchObject({
      eventType: 'password_reset',
      success: true,
      userId: user.signedIn.user.id,
    })
    expect(await logIn(newPassword)).toMatchObject({ user: { email: user.email, emailVerified: true } })
    await expect(logIn(user.password)).rejects.toMatchObject(refusal('CREDENTIALS_INVALID'))
    expect((await mailsTo(backend, user.email)).at(-1)).toMatchObject({
      subject: 'Your password was changed',
    })
  })

  it('ends every session and every API token at once', async () => {
    const other = await secondDevice(backend, user)
    const script = await apiTokenClient(backend, user)
    expect(await script.tasks.list.query()).toMatchObject({ total: 0 })
    await reset(await requested())
    await Promise.all(
      [user.client.auth.me.query(), other.client.auth.me.query(), script.tasks.list.query()].map((call) =>
        expect(call).rejects.toMatchObject(refusal('TOKEN_INVALID')),
      ),
    )
    for (const { refreshToken } of [user.signedIn, other])
      await expect(backend.client().auth.refresh.mutate({ refreshToken })).rejects.toMatchObject(
        refusal('REFRESH_TOKEN_INVALID'),
      )
  })

  it('lets the owner in again who was locked out', async () => {
    const later = new Date(backend.dependencies.now().getTime() + 24 * 3600 * 1000)
    await setUser({ failedLogIns: 50, lockedUntil: later })
    const elsewhere = '198.51.100.77'
    await expect(logIn(user.password, elsewhere)).rejects.toMatchObject(refusal('CREDENTIALS_INVALID'))
    await reset(await requested())
    const { db } = backend.database
    const [row] = await db.select().from(users).where(eq(users.id, user.signedIn.user.id))
    expect(row).toMatchObject({ failedLogIns: 0, lockedUntil: null })
    expect(await logIn(newPassword, elsewhere)).toHaveProperty('accessToken')
  })

  it('takes a link once, also of twenty uses at once', async () => {
    const token = await requested()
    const wanted = Array.from({ length: 20 }, (_, index) => `Parallel-Horse-${index}`)
    const settled = await Promise.allSettled(
      wanted.map((password) => reset(token, { newPassword: password })),
    )
    const won = wanted.filter((_, index) => settled[index]?.status === 'fulfilled')
    expect(won).toHaveLength(1)
    for (const result of settled)
      if (result.status === 'rejected') expect(result.reason).toMatchObject(linkInvalid)
    expect(await logIn(won[0] ?? '')).toHaveProperty('accessToken')
    await expect(reset(token)).rejects.toMatchObject(linkInvalid)
  })

  it.each([
    ['too weak', { newPassword: 'short' }, 'PASSWORD_TOO_WEAK'],
    ['not what it is confirmed by', { confirmPassword: 'x' }, 'PASSWORD_MISMATCH'],
  ])('refuses a password that is %s, and the link stays good', async (_what, input, reason) => {
    const token = await requested()
    await expect(reset(token, input)).rejects.toMatchObject({ data: { httpStatus: 422, reason } })
    await reset(token)
    expect(await logIn(newPassword)).toHaveProperty('accessToken')
  })

  it('refuses a link whose time is over', async () => {
    const token = await requested()
    backend.advanceSeconds(mailTokenTtlSeconds)
    await expect(reset(token)).rejects.toMatchObject(linkInvalid)
  })

  it('takes the newest link only', async () => {
    const first = await requested()
    const second = await requested()
    await expect(reset(first)).rejects.toMatchObject(linkInvalid)
    await reset(second)
  })

  describe.each([
    ['has another address by now', { email: 'moved-on@example.com' }],
    ['may not sign in', { isActive: false }],
  ])('for an account that %s', (_what, fields) => {
    it('refuses a link, which is good again when the account is as it was', async () => {
      const token = await requested()
      await setUser(fields)
      await expect(reset(token)).rejects.toMatchObject(linkInvalid)
      await setUser({ email: user.email, isActive: true })
      expect(await logIn(user.password)).toHaveProperty('accessToken')
      await reset(token)
    })

    it('refuses a link also when that happens while the password is hashed', async () => {
      const token = await requested()
      const { hasher } = backend.dependencies
      const hash = async (password: string) => {
        await setUser(fields)
        return await hasher.hash(password)
      }
      backend.dependencies.hasher = { ...hasher, hash }
      await expect(reset(token)).rejects.toMatchObject(linkInvalid)
      backend.dependencies.hasher = hasher
      await setUser({ email: user.email, isActive: true })
      expect(await logIn(user.password)).toHaveProperty('accessToken')
    })
  })

  it('makes a link useless that would give the account to another address', async () => {
    const stranger = `stranger-of-${user.email}`
    await user.client.auth.changeEmail.mutate({ email: stranger, currentPassword: user.password })
    const verification = await tokenMailedTo(backend, stranger, 'verify-email')
    await reset(await requested())
    await expect(backend.client().auth.verifyEmail.mutate({ token: verification })).rejects.toMatchObject(
      linkInvalid,
    )
  })

  it('refuses a link to confirm an address', async () => {
    await expect(reset(await tokenMailedTo(backend, user.email, 'verify-email'))).rejects.toMatchObject(
      linkInvalid,
    )
  })

  it('refuses what is no token, hashes nothing and writes no event for it', async () => {
    const { db } = backend.database
    const before = await db.select().from(authEvents)
    const { hasher } = backend.dependencies
    let hashes = 0
    const hash = (password: string) => {
      hashes += 1
      return hasher.hash(password)
    }
    backend.dependencies.hasher = { ...hasher, hash }
    for (const token of ['x', 'A'.repeat(43), 'a\0b'])
      await expect(reset(token)).rejects.toMatchObject(linkInvalid)
    backend.dependencies.hasher = hasher
    expect(hashes).toBe(0)
    expect(await db.select().from(authEvents)).toEqual(before)
  })

  it('keeps no token that could be used, only its hash', async () => {
    const token = await requested()
    const { db } = backend.database
    const rows = await db.select().from(mailTokens).where(eq(mailTokens.userId, user.signedIn.user.id))
    const hash = createHash('sha256').update(token).digest('hex')
    expect(rows.map(({ tokenHash }) => Buffer.from(tokenHash).toString('hex'))).toContain(hash)
    await reset(token)
    const seen = [backend.log, await db.select().from(authEvents)]
    expect(JSON.stringify(seen)).not.toContain(token)
    expect(JSON.stringify(seen)).not.toContain(newPassword)
  })

  it('and the mail of a newer link at the same moment do not wait for each other', async () => {
    const { db, kind } = backend.database
    const token = await requested()
    const newer = newMailToken(backend.dependencies, {
      userId: user.signedIn.user.id,
      purpose: 'reset_password',
      email: user.email,
    })
    let use: Promise<unknown> | undefined
    await db.transaction(async (tx) => {
      const own = eq(users.id, user.signedIn.user.id)
      await tx.select({ id: users.id }).from(users).where(own).for('no key update')
      use = reset(token).catch((error: unknown) => error)
      // The embedded database has one connection: there the use waits for the whole transaction.
      if (kind === 'postgres') await expect.poll(() => countWaiting(backend), waiting).toBe(1)
      await insertMailToken(tx, newer.row)
    })
    expect(await use).toMatchObject(linkInvalid)
    await reset(newer.token)
  })
})
