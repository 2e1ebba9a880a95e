import { createKeySet, type PrivateJwk } from '@tasklane/api'
import { expect, it } from 'vitest'
import { CommandError } from '../problems.ts'
import type { PrivateJwkSet } from './key-set.ts'
import { newKey } from './new-key.ts'
import { rotateKeySet } from './rotate-key-set.ts'

const start = 1_800_000_000
const day = 24 * 3600
const at = (seconds: number) => new Date((start + seconds) * 1000)
const iatOf = (key: PrivateJwk) => (key.iat ?? 0) - start

/** A key set that is rotated, and a server that takes it at once, on one clock. */
function createRotated({
  keepSeconds = 7 * day,
  algorithm,
}: {
  keepSeconds?: number
  algorithm?: PrivateJwk['alg']
} = {}) {
  let set: PrivateJwkSet = { keys: [] }
  let seconds = 0
  let server: ReturnType<typeof createKeySet> | undefined
  return {
    async rotate(atSeconds: number) {
      seconds = atSeconds
      const rotation = await rotateKeySet(set, { algorithm, keepSeconds, now: at(atSeconds) })
      set = rotation.set
      const alg = rotation.added.alg
      if (server) server.replace(set.keys)
      else server = createKeySet({ keys: set.keys, algorithm: alg, now: () => at(seconds) })
      return rotation
    },
    signerAt(atSeconds: number): string {
      seconds = atSeconds
      return server?.signing().header.kid ?? ''
    },
    verifies: (kid: string) => set.keys.some(({ alg }) => server?.find({ alg, kid }) !== undefined),
    kids: () => set.keys.map(({ kid }) => kid),
    keys: () => set.keys,
  }
}

it('has the first key sign at once, and every later one ten minutes after it was added', async () => {
  const rotated = createRotated()
  const { added: first } = await rotated.rotate(0)
  expect(rotated.signerAt(0)).toBe(first.kid)
  const { added: second } = await rotated.rotate(day)
  expect(rotated.signerAt(day)).toBe(first.kid)
  expect(rotated.signerAt(day + 599)).toBe(first.kid)
  expect(rotated.signerAt(day + 600)).toBe(second.kid)
})

it('has each key wait its own ten minutes when it is rotated twice within them', async () => {
  const rotated = createRotated()
  const { added: first } = await rotated.rotate(0)
  await rotated.rotate(day)
  const { added: third } = await rotated.rotate(day + 60)
  const second = rotated.kids()[1]
  expect(rotated.signerAt(day + 599)).toBe(first.kid)
  expect(rotated.signerAt(day + 600)).toBe(second)
  expect(rotated.signerAt(day + 659)).toBe(second)
  expect(rotated.signerAt(day + 660)).toBe(third.kid)
})

it('gives keys of one second an order', async () => {
  const rotated = createRotated()
  for (let time = 0; time < 3; time += 1) await rotated.rotate(0)
  expect(rotated.keys().map(iatOf)).toEqual([0, 1, 2])
})

it('keeps a key for as long as it was told after it stopped to sign, and drops it then', async () => {
  const keepSeconds = 2 * day
  const lastNeeded = 100 + 600 + keepSeconds + 600
  const early = createRotated({ keepSeconds })
  const { added: kept } = await early.rotate(0)
  await early.rotate(100)
  expect((await early.rotate(lastNeeded)).dropped).toEqual([])
  expect(early.kids()).toContain(kept.kid)

  const late = createRotated({ keepSeconds })
  const { added: first } = await late.rotate(0)
  await late.rotate(100)
  expect((await late.rotate(lastNeeded + 1)).dropped).toEqual([first])
  expect(late.kids()).not.toContain(first.kid)
})

it('never drops the key that signs, however long ago it was made', async () => {
  const rotated = createRotated({ keepSeconds: 0 })
  const { added: first } = await rotated.rotate(0)
  const { dropped } = await rotated.rotate(1000 * day)
  expect(dropped).toEqual([])
  expect(rotated.signerAt(1000 * day)).toBe(first.kid)
})

it('refuses no token before its life is over, whenever keys are rotated', async () => {
  const lifeSeconds = 3 * day
  const rotated = createRotated({ keepSeconds: lifeSeconds })
  const rotations = [
    0,
    0,
    60,
    599,
    600,
    601,
    day,
    day + 1,
    day + 700,
    2 * day,
    5 * day,
    5 * day + 300,
    9 * day,
    14 * day,
  ]
  const tokens: { kid: string; expiresAt: number }[] = []
  let droppedCount = 0
  for (let seconds = 0; seconds <= 15 * day; seconds += 100) {
    while (rotations[0] !== undefined && rotations[0] <= seconds) {
      droppedCount += (await rotated.rotate(rotations.shift() ?? 0)).dropped.length
    }
    tokens.push({ kid: rotated.signerAt(seconds), expiresAt: seconds + lifeSeconds })
    while ((tokens[0]?.expiresAt ?? seconds) < seconds) tokens.shift()
    const refused = [...new Set(tokens.map(({ kid }) => kid))].filter((kid) => !rotated.verifies(kid))
    expect(refused).toEqual([])
  }
  expect(droppedCount).toBeGreaterThan(8)
})

it('takes the algorithm of the newest key, or that which it is told, or EdDSA', async () => {
  const options = { keepSeconds: 7 * day, now: at(0) }
  const nothing: PrivateJwkSet = { keys: [] }
  expect((await rotateKeySet(nothing, options)).added.alg).toBe('EdDSA')
  expect((await rotateKeySet(nothing, { ...options, algorithmOfFirst: 'RS256' })).added.alg).toBe('RS256')
  const keys = [
    await newKey({ alg: 'ES256', iat: start - 1 }),
    await newKey({ alg: 'EdDSA', iat: start - 2 }),
  ]
  expect((await rotateKeySet({ keys }, { ...options, algorithmOfFirst: 'RS256' })).added.alg).toBe('ES256')
  expect((await rotateKeySet({ keys }, { ...options, algorithm: 'EdDSA' })).added.alg).toBe('EdDSA')
})

it('keeps the newest key of every algorithm: a server may sign with it', async () => {
  const keys = [
    await newKey({ alg: 'ES256', iat: start - 1000 * day }),
    await newKey({ alg: 'ES256', iat: start - 900 * day }),
    await newKey({ alg: 'EdDSA', iat: start - 800 * day }),
  ]
  const { set, dropped } = await rotateKeySet({ keys }, { keepSeconds: 7 * day, now: at(0) })
  expect(dropped).toEqual([keys[0]])
  expect(set.keys.slice(0, -1)).toEqual(keys.slice(1))
})

it('keeps every other member of the set and of its keys', async () => {
  const key = { ...(await newKey({ alg: 'EdDSA', iat: start })), key_ops: ['sign'], note: 'é' }
  const { set, added } = await rotateKeySet(
    { owner: { a: [1] }, keys: [key] },
    { keepSeconds: day, now: at(9) },
  )
  expect(set).toEqual({ owner: { a: [1] }, keys: [key, added] })
})

it('refuses a key from the future, after which a new one would never sign', async () => {
  const options = { keepSeconds: day, now: at(0) }
  const milliseconds = await newKey({ alg: 'EdDSA', iat: start * 1000 })
  const failure = rotateKeySet({ keys: [milliseconds] }, options)
  await expect(failure).rejects.toThrow(CommandError)
  await expect(failure).rejects.toThrow(`the "iat" of its key "${milliseconds.kid}" is in the future`)

  const clockAhead = await newKey({ alg: 'EdDSA', iat: start + 60 })
  const { added } = await rotateKeySet({ keys: [clockAhead] }, options)
  expect(iatOf(added)).toBe(61)
})

it('refuses to make more keys than a server takes, and goes on when old ones can go', async () => {
  const key = await newKey({ alg: 'EdDSA', iat: start })
  const keys = Array.from({ length: 100 }, (_, index) => ({
    ...key,
    kid: `key ${index}`,
    iat: start + index,
  }))
  const failure = rotateKeySet({ keys }, { keepSeconds: day, now: at(200) })
  await expect(failure).rejects.toThrow('it has 100 keys that may still be needed, and a server takes 100')
  const { set } = await rotateKeySet({ keys }, { keepSeconds: day, now: at(3 * day) })
  expect(set.keys).toHaveLength(2)
})
