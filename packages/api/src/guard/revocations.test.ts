import { describe, expect, it } from 'vitest'
import type { Credential, UserPrincipal } from './principal.ts'
import { createRevocations, revocationMarginSeconds } from './revocations.ts'

const rememberedSeconds = 600
let nowMilliseconds = 0
const create = () => createRevocations({ rememberedSeconds, now: () => new Date(nowMilliseconds) })

const principalWith = (credential: Credential): UserPrincipal => ({
  kind: 'user',
  userId: 'the user',
  email: undefined,
  credential,
})
const session = principalWith({ kind: 'session', sessionId: 'the session' })
const program = principalWith({ kind: 'api_token', tokenId: 'the token', scopes: 'read' })
const foreign = principalWith({ kind: 'issuer', issuer: 'https://issuer.test' })
const all = [session, program, foreign]

describe('a revocation', () => {
  it.each([
    ['a session', { sessionId: 'the session' }, [session]],
    ['an API token', { tokenId: 'the token' }, [program]],
    ['a user', { userId: 'the user' }, all],
    ['another session', { sessionId: 'the token' }, []],
    ['another API token', { tokenId: 'the session' }, []],
    ['another user', { userId: 'the session' }, []],
  ])('of %s refuses what it means, and nothing else', (_what, revocation, refused) => {
    const revocations = create()
    expect(all.filter(revocations.has)).toEqual([])
    revocations.add(revocation)
    expect(all.filter(revocations.has)).toEqual(refused)
  })

  it('of a user is lifted, and leaves that of the session', () => {
    const revocations = create()
    revocations.add({ userId: 'the user' })
    revocations.add({ sessionId: 'the session' })
    revocations.lift({ userId: 'the user' })
    expect(all.filter(revocations.has)).toEqual([session])
  })

  it('is kept for as long as a credential is remembered, and no longer once another comes', () => {
    const revocations = create()
    revocations.add({ sessionId: 'the session' })
    nowMilliseconds += (rememberedSeconds + revocationMarginSeconds) * 1000 - 1
    revocations.add({ sessionId: 'another' })
    expect(revocations.has(session)).toBe(true)
    nowMilliseconds += 1
    revocations.add({ sessionId: 'one more' })
    expect(revocations.has(session)).toBe(false)
  })
})

describe('a listener', () => {
  it('is called after each revocation, when it counts already', () => {
    const revocations = create()
    const heard: boolean[] = []
    revocations.onAdd(() => void heard.push(revocations.has(session)))
    revocations.add({ sessionId: 'another' })
    revocations.add({ sessionId: 'the session' })
    revocations.add({ sessionId: 'the session' })
    expect(heard).toEqual([false, true, true])
  })

  it('is not called by one that is lifted', () => {
    const revocations = create()
    revocations.add({ userId: 'the user' })
    let calls = 0
    revocations.onAdd(() => calls++)
    revocations.lift({ userId: 'the user' })
    expect(calls).toBe(0)
  })

  it('is called no more once it was taken away, and the others still are', () => {
    const revocations = create()
    const heard: string[] = []
    const stop = revocations.onAdd(() => void heard.push('taken away'))
    revocations.onAdd(() => void heard.push('other'))
    revocations.add({ userId: 'the user' })
    stop()
    stop()
    revocations.add({ userId: 'the user' })
    expect(heard).toEqual(['taken away', 'other', 'other'])
  })

  it('may take itself away while it is called', () => {
    const revocations = create()
    const heard: string[] = []
    const stop = revocations.onAdd(() => {
      heard.push('once')
      stop()
    })
    revocations.onAdd(() => void heard.push('each time'))
    revocations.add({ userId: 'the user' })
    revocations.add({ userId: 'the user' })
    expect(heard).toEqual(['once', 'each time', 'each time'])
  })
})
