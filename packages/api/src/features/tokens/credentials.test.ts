import { tables } from '@tasklane/db'
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCaller } from '../../app-router.ts'
import { createContext } from '../../context.ts'
import { createDependencies } from '../../dependencies.ts'
import { createForeignIssuer } from '../../guard/fixtures/foreign-issuer.ts'
import { createTestBackend, type TestBackend, type TestUser, testSettings } from '../../testing.ts'

const issuer = createForeignIssuer({ issuer: 'https://id.example.com' })
let backend: TestBackend
let user: TestUser

beforeAll(async () => {
  backend = await createTestBackend({ trustedIssuers: [issuer.trusted] })
})
beforeEach(async () => {
  user = await backend.signUp()
})
afterAll(() => backend.close())

const refusal = (reason: string) => ({ data: { reason } })
const { users } = tables

async function newToken(expiresAt?: Date) {
  const created = await user.client.tokens.create.mutate({ name: 'Script', scopes: 'write', expiresAt })
  return { ...created, client: backend.client(`Bearer ${created.token}`) }
}

describe('an API token', () => {
  it('is who made it, and works for tasks', async () => {
    const { client } = await newToken()
    expect(await client.auth.me.query()).toEqual(user.signedIn.user)
    const { id } = await client.tasks.create.mutate({ title: 'By a script' })
    await client.tasks.complete.mutate({ id })
    expect(await user.client.tasks.get.query({ id })).toMatchObject({ title: 'By a script', completed: true })
    expect(await client.tasks.list.query()).toMatchObject({ total: 1, tasks: [{ id }] })
  })

  it("does not reach another user's tasks", async () => {
    const stranger = await backend.signUp()
    const { id } = await stranger.client.tasks.create.mutate({ title: 'Not yours' })
    const { client } = await newToken()
    await expect(client.tasks.delete.mutate({ id })).rejects.toMatchObject(refusal('TASK_NOT_FOUND'))
    expect(await client.tasks.list.query()).toMatchObject({ total: 0 })
  })

  it('outlives the sessions of its user', async () => {
    const { client } = await newToken()
    await user.client.auth.logOutEverywhere.mutate()
    expect(await client.auth.me.query()).toMatchObject({ email: user.email })
    backend.advanceSeconds(365 * 24 * 3600)
    expect(await client.auth.me.query()).toMatchObject({ email: user.email })
  })

  it('is for users of a trusted issuer, too, who have no session here', async () => {
    const nowSeconds = Math.floor(backend.dependencies.now().getTime() / 1000)
    const claims = { sub: 'somebody', iat: nowSeconds, exp: nowSeconds + 300 }
    const foreign = backend.client(`Bearer ${issuer.signed({ claims })}`)
    expect(await foreign.sessions.list.query()).toEqual({ sessions: [] })
    const { token } = await foreign.tokens.create.mutate({ name: 'Script', scopes: 'write' })
    backend.advanceSeconds(3600)
    const client = backend.client(`Bearer ${token}`)
    const { userId } = await client.tasks.create.mutate({ title: 'By a script' })
    expect(await client.auth.me.query()).toMatchObject({ id: userId })
  })

  it('is refused once it is revoked, by a process that never saw it, too', async () => {
    const { id: tokenId, client, token } = await newToken()
    await client.auth.me.query()
    await user.client.tokens.revoke.mutate({ id: tokenId })
    await expect(client.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    await expect(processAt(backend.dependencies.now)(token)).rejects.toMatchObject({
      reason: 'TOKEN_INVALID',
    })
    backend.advanceSeconds(24 * 3600)
    await expect(client.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
  })

  it('is good until the very millisecond of its expiry, whether or not it was just used', async () => {
    const expiresAt = new Date(backend.dependencies.now().getTime() + 3_600_000)
    const { token } = await newToken(expiresAt)
    const before = new Date(expiresAt.getTime() - 1)
    let now = before
    const callJustUsed = processAt(() => now)
    expect(await callJustUsed(token)).toMatchObject({ email: user.email })
    now = expiresAt
    const expired = { code: 'UNAUTHORIZED', reason: 'TOKEN_EXPIRED' }
    await expect(callJustUsed(token)).rejects.toMatchObject(expired)
    await expect(processAt(() => expiresAt)(token)).rejects.toMatchObject(expired)
    expect(await processAt(() => before)(token)).toMatchObject({ email: user.email })
  })

  it('was not used by whoever tried it after its expiry', async () => {
    const expiresAt = new Date(backend.dependencies.now().getTime() + 3_600_000)
    const { token } = await newToken(expiresAt)
    await expect(processAt(() => expiresAt)(token)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(await user.client.tokens.list.query()).toMatchObject({ tokens: [{ lastUsedAt: null }] })
  })

  it('is refused a minute after its user was deactivated, and at once where it was not yet known', async () => {
    const { client, token } = await newToken()
    await client.auth.me.query()
    await deactivate()
    await expect(processAt(backend.dependencies.now)(token)).rejects.toMatchObject({
      reason: 'TOKEN_INVALID',
    })
    backend.advanceSeconds(60)
    await expect(client.tasks.list.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
  })

  it('is refused at once when its user is revoked', async () => {
    const { client } = await newToken()
    await client.tasks.list.query()
    await deactivate()
    backend.dependencies.revocations.add({ userId: user.signedIn.user.id })
    await expect(client.tasks.list.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
  })

  it('is gone with its user', async () => {
    const { token } = await newToken()
    await backend.database.db.delete(users).where(eq(users.email, user.email))
    await expect(processAt(backend.dependencies.now)(token)).rejects.toMatchObject({
      reason: 'TOKEN_INVALID',
    })
  })

  it('has its last use recorded at most once a minute: another call costs its own statement alone', async () => {
    const { client, id } = await newToken()
    const lastUse = async () => {
      const { tokens } = await user.client.tokens.list.query()
      return tokens.find((token) => token.id === id)?.lastUsedAt
    }
    const absent = { id: '00000000-0000-4000-8000-000000000000' }
    const statementsOfCall = async () => {
      backend.statements.length = 0
      await client.tasks.get.query(absent).catch(() => undefined)
      return backend.statements.map((statement) => /^(\w+) .*?"(\w+)"/.exec(statement)?.slice(1).join(' '))
    }
    expect(await lastUse()).toBeNull()
    expect(await statementsOfCall()).toEqual(['update api_tokens', expect.stringMatching(/^select/)])
    const firstUse = await lastUse()
    expect(firstUse).toBeInstanceOf(Date)
    expect(await statementsOfCall()).toEqual([expect.stringMatching(/^select/)])
    backend.advanceSeconds(30)
    expect(await statementsOfCall()).toEqual([expect.stringMatching(/^select/)])
    expect(await lastUse()).toEqual(firstUse)
    backend.advanceSeconds(30)
    expect(await statementsOfCall()).toHaveLength(2)
    expect((await lastUse())?.getTime()).toBeGreaterThanOrEqual((firstUse?.getTime() ?? Infinity) + 60_000)
  })

  it('has one use recorded when twenty requests, and the calls of a batch, come at once', async () => {
    const { token } = await newToken()
    const clients = Array.from({ length: 20 }, () => backend.client(`Bearer ${token}`))
    backend.statements.length = 0
    await Promise.all(clients.flatMap((client) => [client.tasks.list.query(), client.auth.me.query()]))
    expect(backend.statements.filter((statement) => statement.startsWith('update'))).toHaveLength(1)
  })

  it('stands nowhere in the database, in no column of no table', async () => {
    const { token } = await newToken()
    const bytes = Buffer.from(token.slice(3), 'base64url')
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', Buffer.from(token)))
    const stored = await everything()
    expect(stored).toContain(Buffer.from(hash).toString('hex'))
    for (const clear of [
      token.slice(3),
      Buffer.from(token).toString('hex'),
      bytes.subarray(0, 32).toString('hex'),
    ]) {
      expect(stored).not.toContain(clear)
    }
  })
})

describe('a text that only looks like an API token', () => {
  const spoiled: [string, (token: string) => string][] = [
    ['has one more character', (token) => `${token}A`],
    ['has padding', (token) => `${token}=`],
    ['has a point behind it', (token) => `${token}.`],
    ['has a word behind it', (token) => `${token} x`],
    ['has a tilde behind it', (token) => `${token}~`],
    ['lacks its last character', (token) => token.slice(0, -1)],
    ['lacks its prefix', (token) => token.slice(3)],
    ['has the prefix alone', () => 'tl_'],
    ['has its prefix twice', (token) => `tl_${token}`],
    ['has its prefix in upper case', (token) => `TL_${token.slice(3)}`],
    ['has its letters in the other case', (token) => `tl_${otherCase(token.slice(3))}`],
    ['is spelled in plain base64', (token) => `tl_${plainBase64(token.slice(3))}`],
    ['is made of zeros', () => `tl_${'A'.repeat(48)}`],
    ['is longer than any', () => `tl_${'A'.repeat(7000)}`],
  ]

  it.each(spoiled)('is refused when it %s, logged once and without a statement', async (_what, spoil) => {
    const { token } = await newToken()
    const client = backend.client(`Bearer ${spoil(token)}`)
    backend.log.length = 0
    backend.statements.length = 0
    const calls = [client.auth.me.query(), client.tasks.list.query(), client.auth.me.query()]
    await Promise.all(
      calls.map((call) =>
        expect(call).rejects.toMatchObject({
          message: 'Invalid or expired token',
          data: { code: 'UNAUTHORIZED', httpStatus: 401, reason: 'TOKEN_INVALID' },
        }),
      ),
    )
    expect(backend.statements).toEqual([])
    const failed = backend.log.filter(({ details }) => details['event'] === 'authentication_failed')
    expect(failed).toHaveLength(1)
    expect(JSON.stringify(backend.log)).not.toContain(token.slice(3, 20))
  })

  it('is refused without a statement, whichever character was mistyped', async () => {
    const { token } = await newToken()
    backend.statements.length = 0
    for (let position = 0; position < token.length; position++) {
      const mistyped =
        token.slice(0, position) + (token[position] === 'x' ? 'y' : 'x') + token.slice(position + 1)
      await expect(backend.client(`Bearer ${mistyped}`).auth.me.query()).rejects.toMatchObject(
        refusal('TOKEN_INVALID'),
      )
    }
    expect(backend.statements).toEqual([])
  })

  it('has no second spelling: every other last character is refused', async () => {
    const { token, client } = await newToken()
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (const last of alphabet.replace(token.at(-1) ?? '', '')) {
      await expect(
        backend.client(`Bearer ${token.slice(0, -1)}${last}`).auth.me.query(),
      ).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    }
    expect(await client.auth.me.query()).toMatchObject({ email: user.email })
  })

  it('is refused when it is well made but of nobody', async () => {
    const { token } = await newToken()
    await backend.database.db.execute(sql`delete from api_tokens`)
    await expect(backend.client(`Bearer ${token}`).auth.me.query()).rejects.toMatchObject(
      refusal('TOKEN_INVALID'),
    )
  })
})

/** Another process on the same database, which remembers nothing yet. */
function processAt(now: () => Date) {
  const { db, log } = backend.dependencies
  const dependencies = createDependencies({ db, log, settings: testSettings, now })
  return (token: string) =>
    createCaller(createContext(dependencies, { authorization: [`Bearer ${token}`] })).auth.me()
}

async function deactivate(): Promise<void> {
  await backend.database.db.update(users).set({ isActive: false }).where(eq(users.email, user.email))
}

/** Every row of every table as text. */
async function everything(): Promise<string> {
  const { db } = backend.database
  const found = await rowsOf<{ name: string }>(
    sql`select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema')`,
  )
  const texts: string[] = []
  for (const { name } of found) {
    const rows = await rowsOf<{ text: string }>(sql`select each::text as text from ${sql.raw(name)} each`)
    texts.push(...rows.map(({ text }) => text))
  }
  return texts.join('\n')

  /** The two drivers answer differently. */
  async function rowsOf<Row>(query: ReturnType<typeof sql>): Promise<Row[]> {
    const answer: unknown = await db.execute(query)
    return (Array.isArray(answer) ? answer : (answer as { rows: unknown[] }).rows) as Row[]
  }
}

function otherCase(text: string): string {
  return text.replace(/[a-z]/gi, (letter) =>
    letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
  )
}

/** As many decoders take it, too: with the characters that base64url replaces. */
function plainBase64(text: string): string {
  return `+${text.slice(1)}`.replaceAll('-', '+').replaceAll('_', '/')
}

it('is not made by a session that another process has ended', async () => {
  const user = await backend.signUp()
  expect(await user.client.tasks.list.query()).toMatchObject({ total: 0 })
  const { sessions } = tables
  await backend.database.db
    .update(sessions)
    .set({ revokedAt: new Date() })
    .where(eq(sessions.userId, user.signedIn.user.id))
  await expect(user.client.tokens.create.mutate({ name: 'late', scopes: 'write' })).rejects.toMatchObject(
    refusal('TOKEN_INVALID'),
  )
})
