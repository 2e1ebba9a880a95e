import { setImmediate } from 'node:timers/promises'
import { hash } from '@node-rs/argon2'
import { hash as bcryptHash } from '@node-rs/bcrypt'
import { describe, expect, it } from 'vitest'
import { createPasswordHasher } from './password-hasher.ts'

const hasher = createPasswordHasher({ inFlightMax: 2, queueMax: 10 })
const password = 'Right-Horse-1'

describe('the password hasher', () => {
  it('verifies what it hashed, in any composition, and nothing else', async () => {
    const stored = await hasher.hash('Pässword-1'.normalize('NFD'))
    expect(await hasher.verify(stored, 'Pässword-1'.normalize('NFC'))).toBe(true)
    expect(await hasher.verify(stored, 'Password-1')).toBe(false)
  })

  it('never verifies an account without a hash, not even with the dummy password', async () => {
    expect(await hasher.verify(undefined, 'the password of nobody')).toBe(false)
  })

  it.each([
    ['memory', { memoryCost: 65_537, timeCost: 2, parallelism: 1 }],
    ['passes', { memoryCost: 1024, timeCost: 11, parallelism: 1 }],
    ['lanes', { memoryCost: 1024, timeCost: 2, parallelism: 5 }],
  ])(
    'refuses a stored hash that asks for too much, though the password is right: %s',
    async (_what, cost) => {
      expect(await hasher.verify(await hash(password, cost), password)).toBe(false)
    },
  )

  it.each([
    ['has no end', '$argon2id$v=19$m=19456,t=2,p=1$broken'],
    ['has no memory', '$argon2id$v=19$m=1,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaA'],
    ['asks for all memory there is', '$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaA'],
    ['is of another kind', '$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaA'],
    ['is bcrypt and cut off', '$2b$10$k87L/MF28Q673VKh8/cPi'],
    ['is bcrypt without a version', '$2$10$k87L/MF28Q673VKh8/cPi.SUl7MU/rWuSiIDDFayrKk/1tBsSQu4u'],
    ['is empty', ''],
  ])('takes a stored hash that %s for none', async (_what, stored) => {
    expect(await hasher.verify(stored, 'a')).toBe(false)
  })

  it.each([
    ['is not there', undefined],
    ['cannot be read', '$2b$10$broken'],
    ['asks for too much', '$2b$31$k87L/MF28Q673VKh8/cPi.SUl7MU/rWuSiIDDFayrKk/1tBsSQu4u'],
  ])('spends as much on a stored hash that %s as on a wrong password', async (_what, stored) => {
    const own = await hasher.hash(password)
    const cpuOf = async (storedHash: string | undefined) => {
      const before = process.cpuUsage()
      for (let time = 0; time < 10; time++) expect(await hasher.verify(storedHash, 'wrong')).toBe(false)
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    expect(await cpuOf(stored)).toBeGreaterThan((await cpuOf(own)) * 0.3)
  })

  it.each([
    [1, 3],
    [2, 0],
  ])('runs %i at once, lets %i wait, and refuses the rest with TOO_BUSY', async (inFlightMax, queueMax) => {
    const bounded = createPasswordHasher({ inFlightMax, queueMax })
    const settled = await Promise.allSettled(Array.from({ length: 10 }, () => bounded.hash('x')))
    const refusals = settled.filter((result) => result.status === 'rejected').map(({ reason }) => reason)
    expect(settled.length - refusals.length).toBe(inFlightMax + queueMax)
    for (const refusal of refusals)
      expect(refusal).toMatchObject({ reason: 'TOO_BUSY', details: { retryAfterSeconds: 1 } })
    expect(await bounded.hash('x')).toMatch(/^\$argon2id/)
  })

  it('says what runs and what waits, until nothing does', async () => {
    const bounded = createPasswordHasher({ inFlightMax: 2, queueMax: 3 })
    expect(bounded.load()).toEqual({ inFlight: 0, waiting: 0 })
    const work = Array.from({ length: 5 }, () => bounded.hash('x'))
    await setImmediate()
    expect(bounded.load()).toEqual({ inFlight: 2, waiting: 3 })
    await Promise.all(work)
    await expect.poll(() => bounded.load()).toEqual({ inFlight: 0, waiting: 0 })
  })
})

/** Of crypt_blowfish, jBCrypt and the PHP manual. The longest costs were made by the library. */
const published = [
  ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['abc', '$2a$10$WvvTPHKwdBJ3uk0Z37EMR.hLA2W6N9AEBhEgrAOljy2Ae5MtaSIUi'],
  ['rasmuslerdorf', '$2y$10$.vGA1O9wmRjrwAVXD98HNOgsNpDczlqm3Jq7KnEd1rVAGv3Fykk1a'],
  [password, '$2b$13$ATMb4E.5oLZI3XWsoM7/sO2SnEqvXWaBmrHmL4VOGeuboZWWkGEiy'],
] as const

describe('the bcrypt hash of an older backend', () => {
  it.each(published)('verifies with its password and no other: %s', async (known, stored) => {
    expect(await hasher.verify(stored, known)).toBe(true)
    expect(await hasher.verify(stored, `${known}x`)).toBe(false)
  })

  it.each(['2a', '2b', '2y'] as const)('verifies as $%s$ of the library', async (version) => {
    const stored = await bcryptHash(password, { cost: 4, version })
    expect(stored).toMatch(`$${version}$04$`)
    expect(await hasher.verify(stored, password)).toBe(true)
    expect(await hasher.verify(stored, 'Wrong-Horse-1')).toBe(false)
  })

  it('is refused above a cost of 13, though the password is right', async () => {
    const stored = '$2b$14$y8fO6okL8jMrOQU4WjOtpeElU.wTPnun9jwGv9npAsCaIadVm054i'
    expect(await hasher.verify(stored, password)).toBe(false)
  })

  it.each(['NFC', 'NFD'] as const)('verifies a password that was hashed in %s, typed so', async (form) => {
    const typed = 'Pässwörd-1'.normalize(form)
    const stored = await bcryptHash(typed, { cost: 4 })
    expect(await hasher.verify(stored, typed)).toBe(true)
    expect(await hasher.verify(stored, 'Passwörd-1'.normalize(form))).toBe(false)
  })

  it('verifies a password that was hashed in NFC and is typed in NFD', async () => {
    const stored = await bcryptHash('Pässword-1'.normalize('NFC'), { cost: 4 })
    expect(await hasher.verify(stored, 'Pässword-1'.normalize('NFD'))).toBe(true)
  })

  it.each(['abc\0', 'abc\0xyz', 'abc\0abc', 'abc\0abc\0abc'])('is not fooled by a NUL: %j', async (typed) => {
    expect(await hasher.verify(await bcryptHash('abc', { cost: 4 }), typed)).toBe(false)
  })

  it('waits in the same queue as all others', async () => {
    const bounded = createPasswordHasher({ inFlightMax: 1, queueMax: 1 })
    const stored = await bcryptHash(password, { cost: 10 })
    const work = [bounded.verify(stored, password), bounded.verify(stored, password)]
    await setImmediate()
    expect(bounded.load()).toEqual({ inFlight: 1, waiting: 1 })
    await expect(bounded.verify(stored, password)).rejects.toMatchObject({ reason: 'TOO_BUSY' })
    expect(await Promise.all(work)).toEqual([true, true])
  })
})

describe('a stored hash needs another', () => {
  it.each([
    ['when it is bcrypt', () => bcryptHash(password, { cost: 4 })],
    ['when it took less memory', () => hash(password, { memoryCost: 1024, timeCost: 2, parallelism: 1 })],
    ['when it took more passes', () => hash(password, { memoryCost: 19_456, timeCost: 3, parallelism: 1 })],
    ['when it took more lanes', () => hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 2 })],
  ])('%s', async (_what, make) => {
    const stored = await make()
    expect(hasher.needsRehash(stored)).toBe(true)
    expect(await hasher.verify(stored, password)).toBe(true)
  })

  it('unless it was made as one is made now', async () => {
    expect(hasher.needsRehash(await hasher.hash(password))).toBe(false)
  })
})
