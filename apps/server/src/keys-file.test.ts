import { unwatchFile, watchFile } from 'node:fs'
import { chmod, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PrivateJwk } from '@tasklane/api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { captureLog } from './fixtures/captured-log.ts'
import { makeKey } from './fixtures/key-set.ts'
import { createFolder } from './fixtures/server-process.ts'
import { readKeysFile, warnOfReaders, watchKeysFile } from './keys-file.ts'

const algorithm = 'EdDSA'
/** The machine may be busy. */
const patient = { timeout: 15_000 }
const captured = captureLog()
const { log } = captured
let folder: string
let file: string

beforeEach(async () => {
  folder = await createFolder()
  file = join(folder, 'keys.json')
  captured.clear()
})

afterEach(() => rm(folder, { recursive: true }))

const write = (json: unknown) => writeFile(file, JSON.stringify(json), { mode: 0o600 })
const read = () => readKeysFile({ file, algorithm })

it('gives the keys as they stand there', async () => {
  const keys = [makeKey('a', { iat: 1_700_000_000 }), makeKey('b', { alg: 'ES256' })]
  await write({ keys })
  expect(await read()).toEqual(keys)
})

describe('refuses, naming the file and the key', () => {
  const key = makeKey('a')
  const rsa = { ...makeKey('a', { alg: 'RS256' }), alg: 'EdDSA' }
  const notASet = 'Must be a JWK set, such as {"keys":[…'
  const rows: [string, unknown, string][] = [
    ['no object', [key], 'Must be a JWK set'],
    ['a key alone', key, 'Must be a list of keys'],
    ['no list', { keys: key }, 'Must be a list of keys'],
    ['no key', { keys: [] }, 'The key set has no key for EdDSA.'],
    ['something that is no key', { keys: [key, 5] }, 'key 2: Must be an object'],
    ['a key without kid', { keys: [{ ...key, kid: undefined }] }, 'key 1, kid: Must be a text'],
    ['an empty kid', { keys: [{ ...key, kid: '' }] }, 'key 1, kid: Must not be empty'],
    [
      'a key without alg',
      { keys: [key, { ...makeKey('b'), alg: undefined }] },
      'key 2 "b", alg: Must be EdDSA',
    ],
    [
      'an alg that is not ours',
      { keys: [{ ...key, alg: 'HS256' }] },
      'key 1 "a", alg: Must be EdDSA, ES256 or',
    ],
    [
      'a date that is a text',
      { keys: [{ ...key, iat: '2026' }] },
      'key 1 "a", iat: Must be a number of seconds',
    ],
    ['a public key', { keys: [{ ...key, d: undefined }] }, 'The key "a" of the key set is no private key.'],
    ['a key of another kind', { keys: [rsa] }, 'The key "a" of the key set does not fit EdDSA.'],
    ['one kid twice', { keys: [key, makeKey('a')] }, 'Two keys of the key set have the same kid.'],
    [
      'no key for the algorithm',
      { keys: [makeKey('a', { alg: 'ES256' })] },
      'The key set has no key for EdDSA.',
    ],
    ['101 keys', { keys: Array.from({ length: 101 }, () => key) }, 'Must have at most 100 keys'],
  ]
  it.each(rows)('%s', async (_what, json, problem) => {
    await write(json)
    const error: unknown = await read().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'KeysFileError' })
    expect(String(error)).toContain(`JWT_KEYS_FILE ${file}: ${problem}`)
  })

  it('what is not JSON, without quoting it', async () => {
    const json = JSON.stringify({ keys: [key] })
    for (const content of ['', 'secret', json.slice(0, -1), `${json},`, key.d ?? '']) {
      await writeFile(file, content)
      const error: unknown = await read().catch((thrown: unknown) => thrown)
      expect(String(error)).toContain(`${file}: ${notASet.slice(0, -1)}`)
      expect(String(error)).not.toMatch(/secret|Unexpected/)
      expect(String(error)).not.toContain(key.d)
    }
  })

  it('a file that is not there', async () => {
    await expect(read()).rejects.toThrow(`JWT_KEYS_FILE ${file}: cannot be read (ENOENT)`)
  })

  it('no other than the key that is wrong, and no part of it', async () => {
    await write({ keys: [key, { ...makeKey('b'), d: 'distinctive' }] })
    const error: unknown = await read().catch((thrown: unknown) => thrown)
    expect(String(error)).toContain('The key "b"')
    expect(String(error)).not.toContain('distinctive')
  })
})

it.each([
  [0o600, false],
  [0o400, false],
  [0o640, true],
  [0o604, true],
  [0o644, true],
])('a file of mode %o is warned of: %s', async (mode, isWarned) => {
  await write({})
  await chmod(file, mode)
  await warnOfReaders(file, log)
  const warnings = captured.entries().filter(({ level }) => level === 40)
  expect(warnings).toHaveLength(isWarned ? 1 : 0)
  if (isWarned) expect(warnings).toMatchObject([{ file, msg: expect.stringContaining(`chmod 600 ${file}`) }])
})

describe('while it is watched', () => {
  const first = makeKey('first')
  const open: { close(): void }[] = []

  /** Watches, with keys that were read before, and gives the `kid`s of each change once the file was read. */
  async function watch() {
    const changes: string[][] = []
    const replace = (next: PrivateJwk[]) => void changes.push(next.map(({ kid }) => kid))
    const { close } = watchKeysFile({
      ...{ file, algorithm, keys: [makeKey('before')], log, everyMilliseconds: 20 },
      signingKeys: { replace },
    })
    open.push({ close })
    await expect.poll(() => changes.splice(0), patient).toEqual([['first']])
    captured.clear()
    return { changes, close }
  }
  /** As a deployment does it: nobody ever reads half of the file. */
  async function swap(content: string, mode = 0o600): Promise<void> {
    await writeFile(`${file}.new`, content)
    await chmod(`${file}.new`, mode)
    await rename(`${file}.new`, file)
  }
  const swapKeys = (...keys: PrivateJwk[]) => swap(JSON.stringify({ keys }))
  const errors = () => captured.entries().filter(({ level }) => level === 50)

  beforeEach(() => write({ keys: [first] }))
  afterEach(() => {
    for (const each of open.splice(0)) each.close()
    unwatchFile(file)
  })

  it('a change is taken over, also one from before the watch, and the log names the keys', async () => {
    const { changes } = await watch()
    await swapKeys(first, makeKey('second'))
    await expect.poll(() => changes, patient).toEqual([['first', 'second']])
    await swapKeys(makeKey('third'))
    await expect.poll(() => changes, patient).toEqual([['first', 'second'], ['third']])
    const lines = captured.entries().filter(({ msg }) => msg === 'signing keys replaced')
    expect(lines).toMatchObject([{ kids: ['first', 'second'], file }, { kids: ['third'] }])
    expect(captured.text()).not.toContain(first.d)
  })

  it('the same keys again are no change', async () => {
    const { changes } = await watch()
    const seen = new Promise((resolve) => watchFile(file, resolve))
    await swap(JSON.stringify({ keys: [first] }, null, 2))
    await seen
    await swapKeys(makeKey('second'))
    await expect.poll(() => changes, patient).toEqual([['second']])
  })

  it('a bad file is an error in the log, and the keys stay until a good one comes', async () => {
    const { changes } = await watch()
    await swap('{"keys":[')
    await expect.poll(errors, patient).toHaveLength(1)
    expect(errors()).toMatchObject([
      { msg: 'the signing keys stay as they were', error: { message: expect.stringContaining(file) } },
    ])
    await rm(file)
    await expect.poll(errors, patient).toHaveLength(2)
    expect(errors()[1]).toMatchObject({ error: { message: expect.stringContaining('ENOENT') } })
    expect(changes).toEqual([])
    await swapKeys(makeKey('good'))
    await expect.poll(() => changes, patient).toEqual([['good']])
  })

  it('a change that lets others read the keys is warned of', async () => {
    await watch()
    await swap(JSON.stringify({ keys: [makeKey('open')] }), 0o644)
    await expect.poll(() => captured.text(), patient).toContain('others can read the signing keys')
  })

  it('nothing is taken over any more once it is closed', async () => {
    const closed = await watch()
    const other = await watch()
    await swapKeys(makeKey('second'))
    await expect.poll(() => [closed.changes, other.changes], patient).toEqual([[['second']], [['second']]])
    closed.close()
    await swapKeys(makeKey('third'))
    await expect.poll(() => other.changes, patient).toEqual([['second'], ['third']])
    expect(closed.changes).toEqual([['second']])
  })
})
