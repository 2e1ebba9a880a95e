import { chmod, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PrivateJwk } from '@tasklane/api'
import { createClient } from '@tasklane/client'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeKey } from './fixtures/key-set.ts'
import { createUsedFolder, type ServerProcess, startServer } from './fixtures/server-process.ts'

const first = makeKey('first')
let folder: string
let server: ServerProcess

beforeAll(async () => {
  folder = await createUsedFolder()
  await writeKeys([first], 0o644)
  const variables = { JWT_ALGORITHM: 'EdDSA', JWT_KEYS_FILE: 'keys.json', RATE_LIMIT_SIGNUP_PER_HOUR: '0' }
  server = await startServer({ folder, variables })
}, 60_000)

afterAll(async () => {
  await server.end('SIGKILL')
  await rm(folder, { recursive: true })
})

async function writeKeys(keys: PrivateJwk[], mode: number): Promise<void> {
  const file = join(folder, 'keys.json')
  await writeFile(`${file}.new`, JSON.stringify({ keys }))
  await chmod(`${file}.new`, mode)
  await rename(`${file}.new`, file)
}

let accounts = 0
const signUp = () =>
  createClient({ url: server.url }).auth.signUp.mutate({
    email: `user-${++accounts}@example.com`,
    password: 'Correct-Horse-1',
  })

it('warns of a file that others can read', () => {
  expect(server.logged()).toContainEqual(
    expect.objectContaining({ level: 40, msg: 'others can read the signing keys: chmod 600 keys.json' }),
  )
})

it('exchanges its key while it runs, and signs nobody out', async () => {
  const before = await signUp()
  expect(decodeProtectedHeader(before.accessToken)).toMatchObject({ alg: 'EdDSA', kid: 'first' })

  await writeKeys([first, makeKey('second', { iat: Math.floor(Date.now() / 1000) - 700 })], 0o600)
  const isReplaced = () => server.logged().some(({ msg }) => msg === 'signing keys replaced')
  await expect.poll(isReplaced, { timeout: 15_000 }).toBe(true)
  const after = await signUp()
  expect(decodeProtectedHeader(after.accessToken).kid).toBe('second')

  const keySet = createRemoteJWKSet(new URL('/.well-known/jwks.json', server.url))
  for (const { accessToken } of [before, after]) {
    await jwtVerify(accessToken, keySet, { issuer: 'tasklane', audience: 'tasklane' })
    const headers = { authorization: `Bearer ${accessToken}` }
    expect((await fetch(`${server.url}/trpc/auth.me`, { headers })).status).toBe(200)
  }
  expect(server.printed()).not.toContain(first.d)
  expect(await server.end('SIGTERM'), 'the watch does not keep the process alive').toBe(0)
}, 40_000)
