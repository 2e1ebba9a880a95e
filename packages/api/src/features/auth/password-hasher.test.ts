import { hash } from '@node-rs/argon2'
import { describe, expect, it } from 'vitest'
import { createPasswordHasher } from './password-hasher.ts'

describe('the password hasher', () => {
  it('verifies what it hashed, in any composition, and nothing else', async () => {
    const hasher = createPasswordHasher({ inFlightMax: 2, queueMax: 10 })
    const stored = await hasher.hash('Pässword-1'.normalize('NFD'))
    expect(await hasher.verify(stored, 'Pässword-1'.normalize('NFC'))).toBe(true)
    expect(await hasher.verify(stored, 'Password-1')).toBe(false)
  })

  it('never verifies an account without a hash, not even with the dummy password', async () => {
    const hasher = createPasswordHasher({ inFlightMax: 2, queueMax: 10 })
    expect(await hasher.verify(undefined, 'the password of nobody')).toBe(false)
  })

  it.each([
    ['memory', { memoryCost: 65_537, timeCost: 2, parallelism: 1 }],
    ['passes', { memoryCost: 1024, timeCost: 11, parallelism: 1 }],
    ['lanes', { memoryCost: 1024, timeCost: 2, parallelism: 5 }],
  ])(
    'refuses a stored hash that asks for too much, though the password is right: %s',
    async (_what, cost) => {
      const hasher = createPasswordHasher({ inFlightMax: 2, queueMax: 10 })
      expect(await hasher.verify(await hash('Right-Horse-1', cost), 'Right-Horse-1')).toBe(false)
    },
  )

  it.each([
    ['has no end', '$argon2id$v=19$m=19456,t=2,p=1$broken'],
    ['has no memory', '$argon2id$v=19$m=1,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaA'],
    ['asks for all memory there is', '$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaA'],
    ['is of another kind', '$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaA'],
    ['is empty', ''],
  ])('takes a stored hash that %s for none', async (_what, stored) => {
    const hasher = createPasswordHasher({ inFlightMax: 2, queueMax: 10 })
    expect(await hasher.verify(stored, 'x')).toBe(false)
  })

  it.each([
    [1, 3],
    [2, 0],
  ])('runs %i at once, lets %i wait, and refuses the rest with TOO_BUSY', async (inFlightMax, queueMax) => {
    const hasher = createPasswordHasher({ inFlightMax, queueMax })
    const settled = await Promise.allSettled(Array.from({ length: 10 }, () => hasher.hash('x')))
    const refusals = settled.filter((result) => result.status === 'rejected').map(({ reason }) => reason)
    expect(settled.length - refusals.length).toBe(inFlightMax + queueMax)
    for (const refusal of refusals)
      expect(refusal).toMatchObject({ reason: 'TOO_BUSY', retryAfterSeconds: 1 })
    expect(await hasher.hash('x')).toMatch(/^\$argon2id/)
  })
})
