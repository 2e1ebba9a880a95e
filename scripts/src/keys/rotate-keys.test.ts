import { chmod, chown, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createKeySet } from '@tasklane/api'
import { createClient } from '@tasklane/client'
import { createTestServer } from '@tasklane/server/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createFolder } from '../fixtures/folder.ts'
import { CommandError } from '../problems.ts'
import { parseKeySet } from './key-set.ts'
import { newKey } from './new-key.ts'
import { openDraft } from './replace-file.ts'
import { rotateKeys } from './rotate-keys.ts'

const day = 24 * 3600
const options = { keepSeconds: 7 * day, now: new Date('2026-01-02T03:04:05Z') }

let folder: Awaited<ReturnType<typeof createFolder>>
let file: string

beforeEach(async () => {
  folder = await createFolder()
  file = join(folder.path, 'keys.json')
})
afterEach(() => folder.remove())

const read = async () => parseKeySet(await readFile(file, 'utf8'))
const modeOf = async (path: string) => (await stat(path)).mode & 0o777

it('makes a file with one key that only its owner may read', async () => {
  const { added, isNew } = await rotateKeys(file, options)
  expect(isNew).toBe(true)
  expect(await read()).toEqual({ keys: [added] })
  expect(await modeOf(file)).toBe(0o600)
  expect(await readdir(folder.path)).toEqual(['keys.json'])
})

it('leaves a file that only its owner may read, whoever might before', async () => {
  await rotateKeys(file, options)
  await chmod(file, 0o666)
  const { isNew } = await rotateKeys(file, options)
  expect(isNew).toBe(false)
  expect(await modeOf(file)).toBe(0o600)
})

it.each(['EdDSA', 'ES256', 'RS256'] as const)('makes a set that a server takes for %s', async (algorithm) => {
  await rotateKeys(file, { ...options, algorithm })
  await rotateKeys(file, options)
  const { keys } = await read()
  const keySet = createKeySet({ keys, algorithm, now: () => new Date(options.now.getTime() + 601_000) })
  expect(keySet.signing().header).toEqual({ alg: algorithm, kid: keys[1]?.kid })
  expect(keySet.publicKeys()).toHaveLength(2)
  expect(keySet.publicKeys().flatMap((key) => Object.keys(key))).not.toContain('d')
})

it('signs nobody out: over five rotations each token is good until its life is over', async () => {
  const accessTokenTtlSeconds = 2 * day
  const keepSeconds = accessTokenTtlSeconds
  const { set } = await rotateKeys(file, { keepSeconds, now: new Date() })
  const jwtKeySet = { algorithm: 'EdDSA' as const, keys: set.keys }
  const server = await createTestServer({ settings: { accessTokenTtlSeconds, jwtKeySet } })
  try {
    const { backend } = server
    const { email, password, signedIn } = await backend.signUp()
    const user = createClient({ url: 'http://tasklane.test', fetch: server.fetch })
    await user.auth.logIn.mutate({ usernameOrEmail: email, password })
    const issued = [{ token: signedIn.accessToken, atSeconds: 0 }]
    const kids = new Set<string>()

    const check = async (atSeconds: number) => {
      for (const { token, atSeconds: issuedAt } of issued) {
        const answer = backend.client(`Bearer ${token}`).auth.me.query()
        const isAlive = atSeconds - issuedAt < accessTokenTtlSeconds
        if (isAlive) await expect(answer).resolves.toMatchObject({ email })
        else
          await expect(answer).rejects.toMatchObject({ data: { reason: expect.stringMatching(/^TOKEN_/) } })
      }
      expect(await user.auth.me.query()).toMatchObject({ email })
    }

    let atSeconds = 0
    for (let rotation = 1; rotation <= 5; rotation += 1) {
      const { added, set } = await rotateKeys(file, { keepSeconds, now: backend.dependencies.now() })
      backend.dependencies.signingKeys.replace(set.keys)
      // Each stands for a token of the key before, of the moment of the change, and of the new key.
      for (const seconds of [0, 500, 200, day - 300]) {
        backend.advanceSeconds(seconds)
        atSeconds += seconds
        const { accessToken } = await backend.client().auth.logIn.mutate({ usernameOrEmail: email, password })
        issued.push({ token: accessToken, atSeconds })
        const { kid } = JSON.parse(Buffer.from(accessToken.split('.')[0] ?? '', 'base64url').toString())
        expect(kid === added.kid).toBe(seconds === 200 || seconds > 600)
        kids.add(kid)
        await check(atSeconds)
      }
    }
    expect(kids.size).toBe(6)
    expect((await read()).keys.length).toBeLessThan(6)
  } finally {
    await server.close()
  }
}, 60_000)

const secret = 'a-part-of-a-private-key'

it.each([
  ['is empty', '', /it is not a JWK set/],
  ['is cut off', `{"keys":[{"d":"${secret}"`, /it is not a JWK set/],
  ['is a list', `["${secret}"]`, /it is not a JWK set/],
  ['has no list of keys', `{"keys":{"d":"${secret}"}}`, /it is not a JWK set/],
  ['has a key that is none', `{"keys":["${secret}"]}`, /its key 1 is not an object/],
  ['has a key without a name', `{"keys":[{"alg":"EdDSA","d":"${secret}"}]}`, /its key 1 has no "kid"/],
  [
    'has a key for nothing known',
    `{"keys":[{"kid":"a","alg":"HS256","k":"${secret}"}]}`,
    /its key 1 has no "alg"/,
  ],
  ['has a key of no time', `{"keys":[{"kid":"a","alg":"EdDSA","iat":"now"}]}`, /its key 1 has an "iat"/],
  [
    'has half a key',
    `{"keys":[{"kid":"a\\u001b","alg":"EdDSA","d":"${secret}"}]}`,
    /"a\\u\{1b\}" of the key set is no private key/,
  ],
])('refuses a file that %s, leaves it as it is, and shows nothing of it', async (_, content, message) => {
  await writeFile(file, content)
  const failure = await rotateKeys(file, options).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(CommandError)
  expect(String(failure)).toMatch(message)
  expect(String(failure)).toContain(`${file} is left as it is: `)
  expect(String(failure)).not.toContain(secret)
  expect(await readFile(file, 'utf8')).toBe(content)
  expect(await readdir(folder.path)).toEqual(['keys.json'])
})

it.each([
  ['two keys of one name', { kid: 'same' }, 'same kid'],
  ['a key of another kind than it says', { alg: 'ES256' as const }, 'does not fit ES256'],
  ['a key without its private half', { d: undefined }, 'is no private key'],
])('refuses a set with %s', async (_, change, message) => {
  const keys = [
    { ...(await newKey({ alg: 'EdDSA', iat: 1 })), kid: 'same' },
    { ...(await newKey({ alg: 'EdDSA', iat: 2 })), ...change },
  ]
  const content = JSON.stringify({ keys })
  await writeFile(file, content)
  await expect(rotateKeys(file, options)).rejects.toThrow(message)
  expect(await readFile(file, 'utf8')).toBe(content)
})

it('leaves the old file whole when it is killed before the new one is in its place', async () => {
  await rotateKeys(file, options)
  const before = await readFile(file, 'utf8')
  const killed = await openDraft(file)
  await killed.write('{"keys":[]}')
  expect(await modeOf(`${file}.new`)).toBe(0o600)
  expect(await readFile(file, 'utf8')).toBe(before)

  const failure = rotateKeys(file, options)
  await expect(failure).rejects.toThrow(CommandError)
  await expect(failure).rejects.toThrow(`If none is, delete ${file}.new and run this again.`)
  expect(await readFile(file, 'utf8')).toBe(before)
  await killed.discard()
  await rotateKeys(file, options)
  expect((await read()).keys).toHaveLength(2)
})

it('loses no key when many rotate at once: one does at a time, and the others are told', async () => {
  await rotateKeys(file, options)
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => rotateKeys(file, options)))
  const added = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.added.kid] : []))
  const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  expect(added.length).toBeGreaterThan(0)
  for (const refusal of refusals) expect(String(refusal)).toContain('Another process is replacing')
  const { keys } = await read()
  expect(
    keys
      .slice(1)
      .map(({ kid }) => kid)
      .sort(),
  ).toEqual(added.sort())
  expect(await readdir(folder.path)).toEqual(['keys.json'])
})

it('does not take away the draft that another process opened after it was done', async () => {
  const first = await openDraft(file)
  await first.write('1')
  await first.commit()
  const second = await openDraft(file)
  await first.discard()
  await expect(openDraft(file)).rejects.toThrow('Another process is replacing')
  await second.discard()
  expect(await readFile(file, 'utf8')).toBe('1')
})

it('replaces the file that a link names, and not the link', async () => {
  const link = join(folder.path, 'link.json')
  await rotateKeys(file, options)
  await symlink(file, link)
  await rotateKeys(link, options)
  expect((await read()).keys).toHaveLength(2)
  expect(await readFile(link, 'utf8')).toBe(await readFile(file, 'utf8'))
})

it.skipIf(process.getuid?.() !== 0)(
  'leaves the file to the user that it belongs to, run by root',
  async () => {
    await rotateKeys(file, options)
    await chown(file, 65_534, 65_534)
    await rotateKeys(file, options)
    expect(await stat(file)).toMatchObject({ uid: 65_534, gid: 65_534 })
  },
)

it('says that it cannot read a folder', async () => {
  await expect(rotateKeys(folder.path, options)).rejects.toThrow(/^The file cannot be read: EISDIR/)
})
