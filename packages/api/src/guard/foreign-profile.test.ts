import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createForeignBackend, type ForeignBackend, repeat } from './fixtures/foreign-backend.ts'
import { recheckForeignSeconds } from './foreign-tokens.ts'

let its: ForeignBackend

beforeAll(async () => {
  its = await createForeignBackend()
})
afterAll(() => its.backend.close())

describe('the profile of a first token', () => {
  it.each([
    { name: 'Ada', email: 'Ada.1@Example.com ', email_verified: true, avatar_url: 'https://x.test/1' },
    { name: 'Ada', email: 'ada.2@example.com', emailVerified: true, image: 'https://x.test/1' },
    { name: 'Ada', email: 'ada.3@example.com', email_verified: true, picture: 'https://x.test/1' },
  ])('takes the profile over, as %j has it', async (claims) => {
    expect(await its.meOf(its.tokenOf(its.newSubject(), claims))).toMatchObject({
      name: 'Ada',
      email: claims.email.trim().toLowerCase(),
      emailVerified: true,
      avatarUrl: 'https://x.test/1',
    })
  })

  const badClaims: [string, unknown][] = [
    ['email', 'no address'],
    ['email', 'a\0@example.com'],
    ['email', 'a\ud800@example.com'],
    ['email', `${'a'.repeat(250)}@example.com`],
    ['email', ''],
    ['email', ['a@example.com']],
    ['email', { toString: 'a@example.com' }],
    ['email', null],
    ['name', 'A\0da'],
    ['name', 'Ada\udc00'],
    ['name', '\ufeffAda'],
    ['name', 'x'.repeat(201)],
    ['name', ''],
    ['name', 7],
    ['name', { first: 'Ada' }],
    ['avatar_url', 'javascript:alert(1)'],
    ['avatar_url', 'data:text/html,x'],
    ['avatar_url', ' javascript:alert(1)'],
    ['avatar_url', 'https://'],
    ['avatar_url', 'https://x.test/\0'],
    ['avatar_url', 'https://x.test/\ud800'],
    ['avatar_url', `https://x.test/${'x'.repeat(2048)}`],
    ['avatar_url', '/avatar.png'],
    ['avatar_url', 7],
  ]
  it.each(badClaims)('leaves out the %s %j', async (claim, value) => {
    const good = { email: its.newEmail(), name: 'Ada', avatar_url: 'https://x.test/a' }
    const stored = { email: good.email, name: 'Ada', avatarUrl: 'https://x.test/a' }
    const token = its.tokenOf(its.newSubject(), { ...good, [claim]: value })
    const field = claim === 'avatar_url' ? 'avatarUrl' : claim
    expect(await its.meOf(token)).toMatchObject({ ...stored, [field]: null })
    const sub = its.newSubject()
    const first = await its.meOf(
      its.tokenOf(sub, { ...good, email: its.newEmail(), iat: its.nowSeconds() - 100 }),
    )
    expect(await its.meOf(its.tokenOf(sub, { [claim]: value, iat: its.nowSeconds() - 50 }))).toEqual(first)
  })

  it.each(['true', 1, 'false', null, {}])('does not take %j for a verified email', async (email_verified) => {
    const token = its.tokenOf(its.newSubject(), { email: its.newEmail(), email_verified })
    expect(await its.meOf(token)).toMatchObject({ emailVerified: false })
  })

  it('keeps every text of a profile as it is', async () => {
    const name = 'A’da \ud83d\ude00 <b> \u0007 e\u0301\u202e'
    expect(await its.meOf(its.tokenOf(its.newSubject(), { name }))).toMatchObject({ name })
  })
})

describe('a later token', () => {
  it('changes what it says, and leaves what it does not say', async () => {
    const tokenAged = its.agedTokens(its.newSubject())
    const email = its.newEmail()
    const first = await its.meOf(tokenAged(100, { email, name: 'Ada', picture: 'https://x.test/a' }))
    const second = await its.meOf(tokenAged(90, { name: 'Countess' }))
    expect(second).toEqual({ ...first, name: 'Countess', updatedAt: expect.any(Date) })
    const newer = its.newEmail()
    expect(await its.meOf(tokenAged(80, { email: newer, email_verified: true }))).toMatchObject({
      email: newer,
      emailVerified: true,
      name: 'Countess',
      avatarUrl: 'https://x.test/a',
    })
  })

  it('changes nothing when it is the older one, at any process', async () => {
    const tokenAged = its.agedTokens(its.newSubject())
    const newest = await its.meOf(tokenAged(50, { name: 'newest' }))
    expect(await its.meOf(tokenAged(100, { name: 'older' }))).toEqual(newest)
    expect(await its.startProcess().meOf(tokenAged(51, { name: 'older' }))).toEqual(newest)
  })

  it('counts as newer, also when it says the same', async () => {
    const tokenAged = its.agedTokens(its.newSubject())
    await its.meOf(tokenAged(100, { name: 'Ada' }))
    await its.meOf(tokenAged(50, { name: 'Ada' }))
    expect(await its.meOf(tokenAged(75, { name: 'Countess' }))).toMatchObject({ name: 'Ada' })
  })

  it('is looked at for its profile once: what the user changed since stays', async () => {
    const tokenAged = its.agedTokens(its.newSubject())
    const token = tokenAged(100, { name: 'Ada' })
    const client = its.clientOf(token)
    await client.auth.me.query()
    const second = tokenAged(50, { name: 'Ada' })
    await its.meOf(second)
    await client.auth.updateProfile.mutate({ name: 'My own' })
    expect(await its.startProcess().meOf(token)).toMatchObject({ name: 'My own' })
    expect(await its.startProcess().meOf(second)).toMatchObject({ name: 'My own' })
    its.backend.advanceSeconds(recheckForeignSeconds)
    expect(await client.auth.me.query()).toMatchObject({ name: 'My own' })
    expect(await its.meOf(second)).toMatchObject({ name: 'My own' })
  })

  it('does not take back that an email is verified', async () => {
    const tokenAged = its.agedTokens(its.newSubject())
    const email = its.newEmail()
    await its.meOf(tokenAged(100, { email, email_verified: true }))
    expect(await its.meOf(tokenAged(90, { email, email_verified: false }))).toMatchObject({
      emailVerified: true,
    })
    expect(await its.meOf(tokenAged(80, { email: its.newEmail() }))).toMatchObject({ emailVerified: false })
  })

  it('wins over an older one that comes at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const tokenAged = its.agedTokens(its.newSubject())
      const first = await its.meOf(tokenAged(100, { name: '100' }))
      const processes = repeat(4, its.startProcess)
      const tokens = [
        tokenAged(70, { name: '70' }),
        tokenAged(60, { name: '100' }),
        tokenAged(80, { name: '80' }),
      ]
      await Promise.all(processes.flatMap((other) => tokens.map(other.meOf)))
      expect(await its.meOf(tokenAged(100, { name: '100' }))).toMatchObject({ id: first.id, name: '100' })
    }
  })

  it('is told by its end, where it does not say when it was issued', async () => {
    const sub = its.newSubject()
    const ending = (inSeconds: number, name: string) =>
      its.tokenOf(sub, { name, iat: undefined, exp: its.nowSeconds() + inSeconds })
    await its.meOf(ending(1000, 'Ada'))
    expect(await its.meOf(ending(1100, 'Countess'))).toMatchObject({ name: 'Countess' })
    expect(await its.meOf(ending(1050, 'older'))).toMatchObject({ name: 'Countess' })
    expect(await its.meOf(its.tokenOf(sub, { name: 'endless', iat: undefined, exp: 1e300 }))).toMatchObject({
      name: 'endless',
    })
  })

  it('fills in what a token of the same second said nothing of', async () => {
    const tokenAged = its.agedTokens(its.newSubject())
    const { id } = await its.meOf(tokenAged(60))
    expect(await its.meOf(tokenAged(60, { name: 'Ada' }))).toMatchObject({ id, name: 'Ada' })
    expect(await its.meOf(tokenAged(60, { name: 'Countess' }))).toMatchObject({ name: 'Ada' })
  })

  it('costs one look when it was issued before the newest', async () => {
    const tokenAged = its.agedTokens(its.newSubject())
    const token = tokenAged(100, { name: 'older' })
    await its.meOf(tokenAged(50, { name: 'Ada' }))
    its.backend.statements.length = 0
    await its.meOf(token)
    expect(its.backend.statements).toHaveLength(2)
    expect(its.backend.statements[0]).toContain('from "identities"')
  })
})
