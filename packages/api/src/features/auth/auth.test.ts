import { tables } from '@tasklane/db'
import { desc, eq } from 'drizzle-orm'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser, testPassword } from '../../testing.ts'

let backend: TestBackend
let user: TestUser

beforeAll(async () => {
  backend = await createTestBackend()
})
beforeEach(async () => {
  user = await backend.signUp()
})
afterAll(() => backend.close())

const refusal = (reason: string) => ({ data: { reason } })
const { authEvents, users } = tables

async function lastEvent() {
  const [event] = await backend.database.db.select().from(authEvents).orderBy(desc(authEvents.id)).limit(1)
  return event
}

let emails = 0
const freshEmail = () => `fresh-${++emails}@example.com`

describe('auth.signUp', () => {
  it('creates the account and signs it in at once', async () => {
    const email = freshEmail()
    const signedIn = await backend.client().auth.signUp.mutate({ email, password: testPassword, name: 'Ada' })
    expect(signedIn).toEqual({
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
      expiresIn: 900,
      tokenType: 'Bearer',
      user: {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        email,
        username: null,
        name: 'Ada',
        avatarUrl: null,
        emailVerified: false,
        createdAt: expect.any(Date),
        updatedAt: expect.any(Date),
        lastLoginAt: expect.any(Date),
      },
    })
    const client = backend.client(`Bearer ${signedIn.accessToken}`)
    expect(await client.auth.me.query()).toEqual(signedIn.user)
    expect(await lastEvent()).toMatchObject({ eventType: 'sign_up', success: true, userId: signedIn.user.id })
  })

  it('keeps one canonical form of email and username', async () => {
    const email = freshEmail()
    const { user: created } = await backend.client().auth.signUp.mutate({
      email: `  ${email.toUpperCase()} `,
      username: `Ada.${emails}`,
      password: testPassword,
    })
    expect(created).toMatchObject({ email, username: `ada.${emails}` })
  })

  it('stores the password only as an argon2id hash of the promised strength', async () => {
    const [row] = await backend.database.db.select().from(users).where(eq(users.email, user.email))
    expect(row?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(JSON.stringify(user.signedIn)).not.toContain('argon2')
  })

  it('refuses an email that is taken, in any spelling, and writes the event without it', async () => {
    const again = { email: user.email.toUpperCase(), password: testPassword }
    await expect(backend.client().auth.signUp.mutate(again)).rejects.toMatchObject({
      data: { code: 'CONFLICT', httpStatus: 409, reason: 'EMAIL_TAKEN' },
    })
    expect(await lastEvent()).toMatchObject({
      eventType: 'sign_up',
      success: false,
      failureReason: 'EMAIL_TAKEN',
    })
  })

  it('refuses a username that is taken, in any spelling', async () => {
    const username = `taken${emails}`
    await backend.client().auth.signUp.mutate({ email: freshEmail(), username, password: testPassword })
    const again = { email: freshEmail(), username: username.toUpperCase(), password: testPassword }
    await expect(backend.client().auth.signUp.mutate(again)).rejects.toMatchObject(refusal('USERNAME_TAKEN'))
  })

  it('makes one account of twenty sign-ups with one email at once', async () => {
    const email = freshEmail()
    const attempts = Array.from({ length: 20 }, () =>
      backend.client().auth.signUp.mutate({ email, password: testPassword }),
    )
    const settled = await Promise.allSettled(attempts)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await backend.database.db.select().from(users).where(eq(users.email, email))).toHaveLength(1)
  })

  it.each([
    ['is too short', 'Abc1', 'at least 8 characters'],
    ['has no upper-case letter', 'correct-horse-1', 'an upper-case letter'],
    ['has no lower-case letter', 'CORRECT-HORSE-1', 'a lower-case letter'],
    ['has no digit', 'Correct-Horse-x', 'a digit'],
  ])('refuses a password that %s, naming the rule', async (_what, password, rule) => {
    await expect(
      backend.client().auth.signUp.mutate({ email: freshEmail(), password }),
    ).rejects.toMatchObject({
      message: `The password needs ${rule}`,
      data: { httpStatus: 422, reason: 'PASSWORD_TOO_WEAK' },
    })
  })

  it('refuses a confirmation that differs', async () => {
    const input = { email: freshEmail(), password: testPassword, confirmPassword: `${testPassword}x` }
    await expect(backend.client().auth.signUp.mutate(input)).rejects.toMatchObject(
      refusal('PASSWORD_MISMATCH'),
    )
  })

  it('refuses a reserved username', async () => {
    const input = { email: freshEmail(), password: testPassword, username: 'Admin' }
    await expect(backend.client().auth.signUp.mutate(input)).rejects.toMatchObject(
      refusal('USERNAME_RESERVED'),
    )
  })

  it.each([
    ['no email', {}, 'email'],
    ['an email without @', { email: 'nobody' }, 'email'],
    ['an email of 255 characters', { email: `${'a'.repeat(243)}@example.com` }, 'email'],
    ['an email with NUL', { email: 'a\0@example.com' }, 'email'],
    ['a username with @', { email: 'a@example.com', username: 'a@b' }, 'username'],
    ['a username of two characters', { email: 'a@example.com', username: 'ab' }, 'username'],
    ['a username of 33 characters', { email: 'a@example.com', username: 'a'.repeat(33) }, 'username'],
    ['an empty name', { email: 'a@example.com', name: '' }, 'name'],
    ['a name with half a surrogate pair', { email: 'a@example.com', name: '\udc00' }, 'name'],
    ['an unknown field', { email: 'a@example.com', role: 'admin' }, 'role'],
  ])('refuses %s, by name', async (_what, fields, name) => {
    const input = { password: testPassword, ...fields } as { email: string; password: string }
    await expect(backend.client().auth.signUp.mutate(input)).rejects.toMatchObject({
      data: { reason: 'INPUT_INVALID', issues: [{ path: [name] }] },
    })
  })

  it('refuses a password of 257 characters without hashing it', async () => {
    const input = { email: freshEmail(), password: 'Aa1'.repeat(86) }
    await expect(backend.client().auth.signUp.mutate(input)).rejects.toMatchObject(refusal('INPUT_INVALID'))
  })
})

describe('auth.logIn', () => {
  it('takes the email or the username, in any case, and sets lastLoginAt', async () => {
    const username = `login${emails}`
    const email = freshEmail()
    await backend.client().auth.signUp.mutate({ email, username, password: testPassword })
    backend.advanceSeconds(60)
    for (const usernameOrEmail of [email, email.toUpperCase(), username, username.toUpperCase()]) {
      const before = backend.dependencies.now()
      const signedIn = await backend.client().auth.logIn.mutate({ usernameOrEmail, password: testPassword })
      expect(signedIn.user).toMatchObject({ email, username })
      expect(signedIn.user.lastLoginAt?.getTime()).toBeGreaterThanOrEqual(before.getTime())
      const client = backend.client(`Bearer ${signedIn.accessToken}`)
      expect(await client.auth.me.query()).toMatchObject({ email })
    }
    expect(await lastEvent()).toMatchObject({ eventType: 'log_in', success: true })
  })

  it('takes a password in any Unicode composition', async () => {
    const email = freshEmail()
    await backend.client().auth.signUp.mutate({ email, password: 'Pässword-1'.normalize('NFD') })
    const logIn = { usernameOrEmail: email, password: 'Pässword-1'.normalize('NFC') }
    expect(await backend.client().auth.logIn.mutate(logIn)).toMatchObject({ user: { email } })
  })

  it('answers an unknown user, a wrong password and an inactive user alike', async () => {
    const inactive = await backend.signUp()
    await backend.database.db.update(users).set({ isActive: false }).where(eq(users.email, inactive.email))
    const attempts = [
      { usernameOrEmail: 'nobody@example.com', password: testPassword },
      { usernameOrEmail: 'nobody', password: testPassword },
      { usernameOrEmail: user.email, password: 'Wrong-Horse-1' },
      { usernameOrEmail: inactive.email, password: testPassword },
    ]
    const answers = await Promise.all(
      attempts.map((attempt) =>
        backend
          .client()
          .auth.logIn.mutate(attempt)
          .catch((error: { shape: unknown }) => error.shape),
      ),
    )
    expect(answers[0]).toMatchObject(refusal('CREDENTIALS_INVALID'))
    for (const answer of answers) expect(answer).toEqual(answers[0])
  })

  it.each([' ', '\t\n', '\u00a0', ' '.repeat(254)])(
    'takes a blank name for a wrong one: %j',
    async (blank) => {
      const attempt = backend.client().auth.logIn.mutate({ usernameOrEmail: blank, password: testPassword })
      await expect(attempt).rejects.toMatchObject(refusal('CREDENTIALS_INVALID'))
    },
  )

  it('counts the characters of a name as they were sent', async () => {
    const logIn = (usernameOrEmail: string) =>
      backend.client().auth.logIn.mutate({ usernameOrEmail, password: testPassword })
    await expect(logIn('İ'.repeat(254))).rejects.toMatchObject(refusal('CREDENTIALS_INVALID'))
    await expect(logIn('İ'.repeat(255))).rejects.toMatchObject(refusal('INPUT_INVALID'))
  })

  it('writes a failure with its cause, its address and no raw identifier', async () => {
    const usernameOrEmail = 'somebody.secret@example.com'
    const attempt = backend
      .client(undefined, '2001:db8::7')
      .auth.logIn.mutate({ usernameOrEmail, password: 'Wrong' })
    await expect(attempt).rejects.toMatchObject(refusal('CREDENTIALS_INVALID'))
    const event = await lastEvent()
    expect(event).toMatchObject({
      eventType: 'log_in',
      success: false,
      failureReason: 'UNKNOWN_USER',
      userId: null,
      ipAddress: '2001:db8::7',
      userAgent: 'test',
    })
    expect(JSON.stringify(event)).not.toContain('somebody')
    expect(JSON.stringify(backend.log)).not.toContain('somebody')
  })

  it('refuses a stored hash whose parameters would exhaust the memory', async () => {
    const passwordHash = '$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaA'
    await backend.database.db.update(users).set({ passwordHash }).where(eq(users.email, user.email))
    const logIn = { usernameOrEmail: user.email, password: testPassword }
    await expect(backend.client().auth.logIn.mutate(logIn)).rejects.toMatchObject(
      refusal('CREDENTIALS_INVALID'),
    )
  })
})

describe('access tokens', () => {
  it('carry the promised header and claims', () => {
    const { accessToken, user: me } = user.signedIn
    expect(decodeProtectedHeader(accessToken)).toEqual({ alg: 'HS256', typ: 'at+jwt' })
    const claims = decodeJwt(accessToken)
    expect(claims).toEqual({
      iss: 'tasklane',
      aud: 'tasklane',
      sub: me.id,
      sid: expect.any(String),
      jti: expect.any(String),
      iat: expect.any(Number),
      exp: (claims.iat ?? 0) + 900,
      email: me.email,
    })
  })

  it('expire, with five seconds of tolerance', async () => {
    expect(await user.client.auth.me.query()).toMatchObject({ email: user.email })
    backend.advanceSeconds(900 + 3)
    expect(await user.client.auth.me.query()).toMatchObject({ email: user.email })
    backend.advanceSeconds(3)
    await expect(user.client.auth.me.query()).rejects.toMatchObject({
      message: 'Token expired',
      data: refusal('TOKEN_EXPIRED').data,
    })
  })

  it('fail once their user is deactivated or gone, where the user is asked for', async () => {
    await backend.database.db.update(users).set({ isActive: false }).where(eq(users.email, user.email))
    await expect(user.client.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
  })
})

describe('auth.me', () => {
  it('refuses a caller who is not signed in', async () => {
    await expect(backend.client().auth.me.query()).rejects.toMatchObject({
      message: 'Authentication required',
      data: { code: 'UNAUTHORIZED', httpStatus: 401, reason: 'AUTHENTICATION_REQUIRED' },
    })
  })

  it('refuses an unknown field', async () => {
    await expect(user.client.auth.me.query(JSON.parse('{"id":"x"}'))).rejects.toMatchObject({
      data: { reason: 'INPUT_INVALID', issues: [{ path: ['id'] }] },
    })
  })
})
