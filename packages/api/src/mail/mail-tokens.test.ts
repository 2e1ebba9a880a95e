import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend } from '../testing.ts'
import { hashMailToken, type MailTokenRow, mailTokenTtlSeconds, newMailToken } from './mail-tokens.ts'
import { insertMailToken, takeMailToken } from './queries.ts'

let backend: TestBackend
let userId: string

beforeAll(async () => {
  backend = await createTestBackend()
})
beforeEach(async () => {
  userId = (await backend.signUp()).signedIn.user.id
})
afterAll(() => backend.close())

type Purpose = MailTokenRow['purpose']

const make = (purpose: Purpose) =>
  newMailToken(backend.dependencies, { userId, purpose, email: 'someone@example.com' })

async function mailed(purpose: Purpose): Promise<string> {
  const { token, row } = make(purpose)
  expect(await backend.database.db.transaction((tx) => insertMailToken(tx, row))).toBe(true)
  return token
}

async function take(token: string, purpose: Purpose): Promise<boolean> {
  const key = { tokenHash: hashMailToken(token), purpose, now: backend.dependencies.now() }
  const row = await backend.database.db.transaction((tx) => takeMailToken(tx, key))
  if (row) expect(row).toMatchObject({ userId, purpose, email: 'someone@example.com' })
  return row !== undefined
}

describe('a mailed token', () => {
  it('has 256 random bits and a form that a URL keeps', () => {
    const tokens = Array.from({ length: 100 }, () => make('verify_email').token)
    for (const token of tokens) expect(token).toMatch(/^[\w-]{43}$/)
    expect(new Set(tokens).size).toBe(tokens.length)
  })

  it('is good once', async () => {
    const token = await mailed('verify_email')
    expect(await take(token, 'verify_email')).toBe(true)
    expect(await take(token, 'verify_email')).toBe(false)
  })

  it('is good for its purpose only, and stays good when it is used for another', async () => {
    const token = await mailed('reset_password')
    expect(await take(token, 'verify_email')).toBe(false)
    expect(await take(token, 'reset_password')).toBe(true)
  })

  it('is good until its time is over', async () => {
    const token = await mailed('verify_email')
    backend.advanceSeconds(mailTokenTtlSeconds)
    expect(await take(token, 'verify_email')).toBe(false)
  })

  it('makes the one before it useless, of the same purpose alone', async () => {
    const reset = await mailed('reset_password')
    const first = await mailed('verify_email')
    const second = await mailed('verify_email')
    expect(await take(first, 'verify_email')).toBe(false)
    expect(await take(second, 'verify_email')).toBe(true)
    expect(await take(reset, 'reset_password')).toBe(true)
  })

  it('is one of many that are made at once', async () => {
    const tokens = await Promise.all(Array.from({ length: 10 }, () => mailed('verify_email')))
    const taken = await Promise.all(tokens.map((token) => take(token, 'verify_email')))
    expect(taken.filter(Boolean)).toHaveLength(1)
  })

  it('is not kept for a user who is gone', async () => {
    const { row } = make('verify_email')
    const gone = { ...row, userId: '0193b3a0-0000-7000-8000-000000000000' }
    expect(await backend.database.db.transaction((tx) => insertMailToken(tx, gone))).toBe(false)
  })
})
