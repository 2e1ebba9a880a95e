import { decodeProtectedHeader, jwtVerify } from 'jose'
import { expect, it, onTestFinished } from 'vitest'
import { startBetterAuth } from '../testing-better-auth.ts'
import { good, hangUp, heldBack, json, publicJwk, startKeyProvider } from './fixtures/key-provider.ts'
import { createRemoteKeySet, KeySetUnavailableError } from './remote-key-set.ts'

const renewed = publicJwk('other', { kid: 'new' })

it('asks once for all who wait for the first answer', async () => {
  const held = heldBack([good])
  const its = await startKeyProvider({ answer: held.answer })
  const finding = Array.from({ length: 50 }, (_, index) => its.find(index === 0 ? 'unknown' : 'good'))
  await expect.poll(() => its.requests).toBe(1)
  held.release()
  const [unknown, ...found] = await Promise.all(finding)
  expect(unknown).toBeUndefined()
  expect(new Set(found).size).toBe(1)
  expect(found[0]).toBeDefined()
  expect(its.requests).toBe(1)
})

it('asks nothing for 600 s, then uses what it knows while one fetch asks', async () => {
  const its = await startKeyProvider()
  const first = await its.find('good')
  its.advanceSeconds(599)
  expect(await its.find('good')).toBe(first)
  expect(its.fetches).toBe(1)

  its.advanceSeconds(1)
  const held = heldBack([renewed])
  its.answer = held.answer
  for (let count = 0; count < 20; count++) expect(await its.find('good')).toBe(first)
  await expect.poll(() => its.requests).toBe(2)
  const finding = its.find('new')
  held.release()
  expect(await finding).toBeDefined()
  expect(await its.find('good'), 'a key that is no longer listed').toBeUndefined()
  expect(its.requests).toBe(2)
})

it('waits for the answer when the keys are twice as old, so that a removed key is not used any more', async () => {
  const its = await startKeyProvider()
  expect(await its.find('good')).toBeDefined()
  its.answer = json({ keys: [renewed] })
  its.advanceSeconds(1200)
  expect(await its.find('good')).toBeUndefined()
})

it('imports a key once, and anew when another takes its kid', async () => {
  const its = await startKeyProvider()
  const first = await its.find('good')
  its.answer = json({ keys: [good, renewed] })
  its.advanceSeconds(30)
  expect(await its.find('new')).toBeDefined()
  expect(await its.find('good')).toBe(first)
  its.answer = json({ keys: [publicJwk('other', { kid: 'good' })] })
  its.advanceSeconds(30)
  expect(await its.find('missing')).toBeUndefined()
  const second = await its.find('good')
  expect(second).toBeDefined()
  expect(second).not.toBe(first)
})

it('asks for an unknown kid at once, and once in a cool-down', async () => {
  const its = await startKeyProvider()
  await its.find('good')
  its.answer = json({ keys: [good, renewed] })
  its.advanceSeconds(29.9)
  expect(await its.find('new')).toBeUndefined()
  expect(its.requests).toBe(1)
  its.advanceSeconds(0.1)
  const found = await Promise.all(Array.from({ length: 20 }, () => its.find('new')))
  expect(found.every((key) => key !== undefined)).toBe(true)
  expect(its.requests).toBe(2)
  for (let count = 0; count < 20; count++) expect(await its.find(`unknown ${count}`)).toBeUndefined()
  expect(its.requests).toBe(2)
})

it('asks again when the clock was set back', async () => {
  const its = await startKeyProvider()
  await its.find('good')
  its.advanceSeconds(-7 * 3600)
  its.answer = json({ keys: [good, renewed] })
  expect(await its.find('new')).toBeDefined()
  expect(its.requests).toBe(2)
})

it('knows nothing while the provider is down from the start, asks once in a cool-down, and recovers', async () => {
  const its = await startKeyProvider()
  await its.stop()
  for (let minute = 1; minute <= 5; minute++) {
    for (const kid of ['good', 'unknown', undefined])
      await expect(its.find(kid)).rejects.toThrow(KeySetUnavailableError)
    expect(its.log).toHaveLength(minute)
    its.advanceSeconds(60)
  }
  expect(new Set(its.log.map(({ details }) => details['reason']))).toEqual(new Set(['ECONNREFUSED']))
  await its.startAgain()
  expect(await its.find('good')).toBeDefined()
  expect(await its.find('good')).toBeDefined()
  expect(its.requests).toBe(1)
  expect(its.log.slice(5)).toEqual([
    {
      level: 'info',
      message: 'keys are fetched again',
      details: { event: 'key_set_recovered', url: its.place },
    },
  ])
})

it('works through an outage of a day with the keys it knows, and not a second longer', async () => {
  const its = await startKeyProvider()
  const known = await its.find('good')
  its.answer = hangUp
  its.requests = 0
  const unknownAsks = async (times: number) => {
    for (let time = 0; time < times; time++) expect(await its.find(`unknown ${time}`)).toBeUndefined()
  }
  let untilNextMinute = 60
  for (let minute = 1; minute < 24 * 60; minute++) {
    const before = its.requests
    its.advanceSeconds(untilNextMinute)
    untilNextMinute = 60
    expect(await its.find('good')).toBe(known)
    await unknownAsks(3)
    expect(its.requests).toBe(before + 1)
    if (minute % 20 !== 0) continue
    its.advanceSeconds(29)
    await unknownAsks(3)
    expect(its.requests).toBe(before + 1)
    its.advanceSeconds(1)
    await unknownAsks(3)
    expect(await its.find('good')).toBe(known)
    expect(its.requests).toBe(before + 2)
    untilNextMinute = 30
  }
  expect(its.log).toHaveLength(its.requests)
  const before = its.requests
  its.advanceSeconds(59)
  expect(await its.find('good'), 'at 23:59:59').toBe(known)
  its.advanceSeconds(1)
  for (let count = 0; count < 20; count++)
    await expect(its.find('good'), 'at 24:00:00').rejects.toThrow(KeySetUnavailableError)
  expect(its.requests).toBe(before + 1)
  its.answer = json({ keys: [good] })
  its.advanceSeconds(30)
  expect(await its.find('good')).toBeDefined()
})

it('follows a real Better Auth through a rotation and an outage', async () => {
  const server = await startBetterAuth()
  onTestFinished(() => server.close())
  const user = await server.signUp({ email: 'ada@example.com', name: 'Ada', password: 'Correct-Horse-1' })
  const clock = { nowMs: Date.now() }
  const silent = { info: () => {}, warn: () => {}, error: () => {} }
  const now = () => new Date(clock.nowMs)
  const keySet = createRemoteKeySet({ url: server.jwksUrl, algorithms: ['EdDSA'], now, log: silent })
  const subjectOf = async (token: string) => {
    const { alg, kid = '' } = decodeProtectedHeader(token)
    const key = await keySet.find({ alg: alg ?? '', kid })
    return key && (await jwtVerify(token, key)).payload.sub
  }
  expect(await subjectOf(user.token)).toBe(user.userId)

  server.rotateKeys({ keepOld: true })
  const rotated = await server.jwtAgain(user)
  clock.nowMs += 30_000
  expect(await subjectOf(rotated)).toBe(user.userId)
  expect(await subjectOf(user.token)).toBe(user.userId)
  expect(server.requests).toBe(2)

  server.stopAnswering()
  clock.nowMs += 23 * 3600 * 1000
  expect(await subjectOf(rotated)).toBe(user.userId)
  expect(await subjectOf(user.token)).toBe(user.userId)
  expect(await keySet.find({ alg: 'EdDSA', kid: 'unknown' })).toBeUndefined()
  expect(server.requests).toBe(3)
  server.answerAgain()
  server.rotateKeys({ keepOld: false })
  const last = await server.jwtAgain(user)
  clock.nowMs += 30_000
  expect(await subjectOf(last)).toBe(user.userId)
  expect(await subjectOf(rotated)).toBeUndefined()
})
