import { insertImportedUsers } from '@tasklane/api'
import { createClient } from '@tasklane/client'
import { tables } from '@tasklane/db'
import { createTestServer, type TestServer } from '@tasklane/server/testing'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { piecesOf } from '../fixtures/bytes.ts'
import { argon2idHash, bcryptHash, hashedPassword } from '../fixtures/stored-hashes.ts'
import { CommandError } from '../problems.ts'
import { readRows } from '../rows/read-rows.ts'
import { importUsers, type UserImport } from './import-users.ts'
import { userShape } from './user-row.ts'

const { users } = tables
const url = 'http://tasklane.test'

let server: TestServer

beforeAll(async () => {
  server = await createTestServer()
})
afterAll(() => server.close())

function importFile(
  content: string,
  { format = 'jsonl', ...given }: Partial<UserImport> & { format?: 'jsonl' | 'csv' } = {},
) {
  const { db } = server.backend.database
  return importUsers({
    rows: readRows(piecesOf(content, 64 * 1024), { format, shape: userShape }),
    insert: (rows) => insertImportedUsers(db, rows),
    newId: () => uuidv7(),
    ...given,
  })
}

const linesOf = (rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n')
const importRows = (rows: object[], given: Partial<UserImport> = {}) => importFile(linesOf(rows), given)

async function accounts(...names: string[]) {
  const rows = await server.backend.database.db.select().from(users)
  return names.map((name) => rows.find(({ email, username }) => email === name || username === name))
}

async function logIn(usernameOrEmail: string, password = hashedPassword) {
  const client = createClient({ url, fetch: server.fetch })
  return await client.auth.logIn.mutate({ usernameOrEmail, password })
}

it.each(['$2a$', '$2b$', '$2y$'])(
  'lets the owner of a bcrypt hash %s log in with the old password, and has argon2id afterwards',
  async (prefix) => {
    const email = `bcrypt-${prefix.slice(1, 3)}@example.com`
    const passwordHash = bcryptHash.replace('$2b$', prefix)
    expect(await importRows([{ email, passwordHash }])).toMatchObject({ added: 1 })
    await expect(logIn(email, 'Wrong-Horse-1')).rejects.toMatchObject({
      data: { reason: 'CREDENTIALS_INVALID' },
    })
    expect((await accounts(email))[0]?.passwordHash).toBe(passwordHash)

    expect(await logIn(email)).toMatchObject({ user: { email } })
    expect((await accounts(email))[0]?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(await logIn(email)).toMatchObject({ user: { email } })
  },
)

it('brings every field, under both kinds of names, from both formats', async () => {
  const createdAt = '2020-02-29T12:00:00.123Z'
  const json = { email: 'Json@Example.com', username: 'Json.1', name: ' Jé ', emailVerified: true, createdAt }
  const csv = `email,username,name,password_hash,email_verified,created_at,role\r\ncsv@example.com,csv.1,"C, V","${argon2idHash}",TRUE,${createdAt},admin\r\n`
  expect(await importRows([{ ...json, passwordHash: argon2idHash }])).toMatchObject({ added: 1, missing: [] })
  const result = await importFile(csv, { format: 'csv' })
  expect(result).toMatchObject({ added: 1, missing: [], ignored: new Map([['role', 1]]) })

  const [fromJson, fromCsv] = await accounts('json@example.com', 'csv@example.com')
  const same = {
    passwordHash: argon2idHash,
    emailVerified: true,
    createdAt: new Date(createdAt),
    isActive: true,
    role: 'user',
    lastLoginAt: null,
  }
  expect(fromJson).toMatchObject({ ...same, username: 'json.1', name: ' Jé ' })
  expect(fromCsv).toMatchObject({ ...same, username: 'csv.1', name: 'C, V' })
  expect(await logIn('CSV.1')).toMatchObject({ user: { email: 'csv@example.com' } })
})

it('makes an account without a password that nobody can log in to', async () => {
  await importRows([{ username: 'no.password' }])
  expect(await accounts('no.password')).toMatchObject([
    { email: null, passwordHash: null, emailVerified: false },
  ])
  await expect(logIn('no.password')).rejects.toMatchObject({ data: { reason: 'CREDENTIALS_INVALID' } })
})

it('reports each row that it refuses, by its line and with a reason, and brings the others', async () => {
  const lines = [
    '{"email":"refused-1@example.com"}',
    'nonsense',
    '{"email":"nobody"}',
    '',
    '{"email":"refused-2@example.com","passwordHash":"5f4dcc3b5aa765d61d8327deb882cf99"}',
    '{"email":["a"]}',
    '{"name":"Nobody"}',
    '{"email":"refused-3@example.com"}',
  ]
  const result = await importFile(lines.join('\n'))
  expect(result).toMatchObject({ read: 7, added: 2, present: 0, taken: 0 })
  expect(result.missing).toEqual([
    { line: 2, kind: 'refused', reason: expect.stringMatching(/^not valid JSON/) },
    { line: 3, kind: 'refused', reason: 'email: Must be an email address, of 254 characters at most' },
    { line: 5, kind: 'refused', reason: expect.stringMatching(/^passwordHash: must be argon2id/) },
    { line: 6, kind: 'refused', reason: 'email: must be text' },
    { line: 7, kind: 'refused', reason: 'row: needs an email or a username' },
  ])
  expect(JSON.stringify(result.missing)).not.toContain('5f4dcc3b')
  expect(await accounts('refused-2@example.com')).toEqual([undefined])
})

it('leaves an account alone that is there already, and counts it', async () => {
  const { email } = await server.backend.signUp()
  const rows = [
    { email: email.toUpperCase(), passwordHash: bcryptHash, name: 'Other' },
    { username: 'again' },
  ]
  const before = await accounts(email)
  expect(await importRows(rows)).toMatchObject({ added: 1, present: 1, missing: [] })
  expect(await importRows(rows)).toMatchObject({ added: 0, present: 2, missing: [] })
  expect(await accounts(email)).toEqual(before)
})

it('adds a row once that the file has twice', async () => {
  const rows = [
    { email: 'twice@example.com', name: 'first' },
    { email: 'Twice@example.com', name: 'second' },
  ]
  expect(await importRows(rows)).toMatchObject({ added: 1, present: 1 })
  expect(await accounts('twice@example.com')).toMatchObject([{ name: 'first' }])
})

it('tells by line when the username is that of an account with another email', async () => {
  await importRows([{ email: 'owner@example.com', username: 'owner' }])
  const result = await importRows([
    { email: 'owner@example.com', username: 'other.name' },
    { email: 'stranger@example.com', username: 'Owner' },
    { username: 'owner' },
  ])
  expect(result).toMatchObject({
    added: 0,
    present: 2,
    taken: 1,
    missing: [{ line: 2, reason: 'username: "owner" is that of an account with another email' }],
  })
  expect(await accounts('stranger@example.com', 'other.name')).toEqual([undefined, undefined])
})

it('writes some hundreds of rows at once: a failure takes back its own and no others', async () => {
  const { db } = server.backend.database
  const rows = Array.from({ length: 1200 }, (_, index) => ({ email: `many-${index}@example.com` }))
  const sizes: number[] = []
  const failure = importRows(rows, {
    insert: async (part) => {
      sizes.push(part.length)
      const isLast = sizes.length === 3
      return await insertImportedUsers(db, isLast ? [...part, { id: 'not an id' }] : part)
    },
  })
  await expect(failure).rejects.toThrow(CommandError)
  await expect(failure).rejects.toThrow(
    /^invalid input syntax [^\n]*\nStopped after 1000 rows\. Run it again/,
  )
  expect(sizes).toEqual([500, 500, 200])
  expect((await accounts('many-999@example.com', 'many-1000@example.com')).map(Boolean)).toEqual([
    true,
    false,
  ])

  const progress: number[] = []
  const again = await importRows(rows, { onProgress: (count) => progress.push(count) })
  expect(again).toMatchObject({ read: 1200, added: 200, present: 1000 })
  expect(progress).toEqual([500, 1000, 1200])
})

it('brings 10 000 accounts in less than 30 seconds, and finds them there in no more', async () => {
  const rows = linesOf(
    Array.from({ length: 10_000 }, (_, index) => ({
      email: `crowd-${index}@example.com`,
      username: `crowd-${index}`,
      name: `Crowd ${index}`,
      passwordHash: bcryptHash,
      emailVerified: true,
      createdAt: '2020-01-01T00:00:00Z',
    })),
  )
  const secondsOf = async (work: Promise<unknown>) => {
    const startedAt = performance.now()
    await work
    return (performance.now() - startedAt) / 1000
  }
  const first = importFile(rows)
  expect(await secondsOf(first)).toBeLessThan(30)
  expect(await first).toMatchObject({ read: 10_000, added: 10_000, missing: [] })
  const second = importFile(rows)
  expect(await secondsOf(second)).toBeLessThan(30)
  expect(await second).toMatchObject({ added: 0, present: 10_000, missing: [] })
}, 70_000)
