import { getActiveResourcesInfo } from 'node:process'
import { describe, expect, it } from 'vitest'
import { type ChangeSubscription, createChangeBus } from './change-bus.ts'

const hourMilliseconds = 3_600_000
const [user, stranger] = ['0194fdc2-fa2f-7cc0-81d3-ff12045b73c8', '0194fdc2-fa2f-7cc0-81d3-ff12045b73c9']

/** Whether it is woken by now. What wakes it does so before anything that was set off after it. */
async function isWoken(subscription: ChangeSubscription): Promise<boolean> {
  return await Promise.race([
    subscription.woken(hourMilliseconds).then(() => true),
    new Promise<boolean>((resolve) => {
      setImmediate(resolve, false)
    }),
  ])
}

const countTimers = () => getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length

const closing = { reason: 'SERVER_CLOSING', httpStatus: 503, details: { retryAfterSeconds: 1 } }
const tooMany = { reason: 'STREAMS_TOO_MANY', httpStatus: 429 }

describe('a subscription', () => {
  it('is woken while it waits', async () => {
    const bus = createChangeBus()
    const subscription = bus.subscribe(user)
    const waiting = subscription.woken(hourMilliseconds)
    bus.publish(user)
    await waiting
  })

  it('is woken by what came before it waited', async () => {
    const bus = createChangeBus()
    const subscription = bus.subscribe(user)
    bus.publish(user)
    await subscription.woken(hourMilliseconds)
  })

  it('is woken once for all that came before', async () => {
    const bus = createChangeBus()
    const subscription = bus.subscribe(user)
    for (let news = 0; news < 5; news++) bus.publish(user)
    expect(await isWoken(subscription)).toBe(true)
    expect(await isWoken(subscription)).toBe(false)
    subscription.end()
  })

  it('is woken again by what comes after it was', async () => {
    const bus = createChangeBus()
    const subscription = bus.subscribe(user)
    for (let news = 0; news < 5; news++) {
      const waiting = subscription.woken(hourMilliseconds)
      bus.publish(user)
      await waiting
    }
    bus.publish(user)
    expect(await isWoken(subscription)).toBe(true)
  })

  it('is woken by nothing that came before it', async () => {
    const bus = createChangeBus()
    bus.publish(user)
    const subscription = bus.subscribe(user)
    expect(await isWoken(subscription)).toBe(false)
    subscription.end()
  })

  it('wakes by itself when the time is up, each time', async () => {
    const subscription = createChangeBus().subscribe(user)
    for (let time = 0; time < 3; time++) await subscription.woken(1)
  })

  it('is woken by its own wake', async () => {
    const bus = createChangeBus()
    const [own, other] = [bus.subscribe(user), bus.subscribe(user)]
    own.wake()
    expect(await isWoken(own)).toBe(true)
    expect(await isWoken(other)).toBe(false)
    other.end()
  })

  it('is woken with all others of its user, and with none of another', async () => {
    const bus = createChangeBus()
    const own = [bus.subscribe(user), bus.subscribe(user), bus.subscribe(user)]
    const other = bus.subscribe(stranger)
    bus.publish(user)
    for (const subscription of own) expect(await isWoken(subscription)).toBe(true)
    expect(await isWoken(other)).toBe(false)
    other.end()
  })

  it('is not woken after its end', async () => {
    const bus = createChangeBus()
    const subscription = bus.subscribe(user)
    subscription.end()
    bus.publish(user)
    expect(await isWoken(subscription)).toBe(false)
    subscription.end()
  })

  it('waits no longer when it ends', async () => {
    const subscription = createChangeBus().subscribe(user)
    const waiting = subscription.woken(hourMilliseconds)
    subscription.end()
    await waiting
  })

  it('that ends twice leaves the others of its user alone', async () => {
    const bus = createChangeBus()
    const ended = bus.subscribe(user)
    ended.end()
    const other = bus.subscribe(user)
    ended.end()
    bus.publish(user)
    expect(await isWoken(other)).toBe(true)
  })

  it('leaves no timer, however it was woken', async () => {
    const bus = createChangeBus()
    const before = countTimers()
    const ways = [
      () => bus.publish(user),
      (subscription: ChangeSubscription) => subscription.wake(),
      (subscription: ChangeSubscription) => subscription.end(),
    ]
    for (const wake of ways) {
      const subscription = bus.subscribe(user)
      const waiting = subscription.woken(hourMilliseconds)
      wake(subscription)
      await waiting
    }
    await bus.subscribe(user).woken(1)
    const waiting = bus.subscribe(user).woken(hourMilliseconds)
    bus.close()
    await expect(waiting).rejects.toMatchObject(closing)
    expect(countTimers()).toBeLessThanOrEqual(before)
  })
})

describe('a bus that closes', () => {
  it('ends those who wait', async () => {
    const bus = createChangeBus()
    const waiting = [user, user, stranger].map((userId) => bus.subscribe(userId).woken(hourMilliseconds))
    const outcomes = Promise.allSettled(waiting)
    bus.close()
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: closing })
  })

  it('ends those who do not wait yet, though they were woken before', async () => {
    const bus = createChangeBus()
    const subscription = bus.subscribe(user)
    bus.publish(user)
    bus.close()
    for (let time = 0; time < 2; time++)
      await expect(subscription.woken(hourMilliseconds)).rejects.toMatchObject(closing)
  })

  it('takes no subscription any more', () => {
    const bus = createChangeBus()
    bus.close()
    expect(() => bus.subscribe(user)).toThrow(expect.objectContaining(closing))
  })

  it('closes twice, and takes news that nobody hears', () => {
    const bus = createChangeBus()
    bus.subscribe(user)
    bus.close()
    bus.close()
    bus.publish(user)
  })
})

describe('the subscriptions of one user', () => {
  const fill = (bus: ReturnType<typeof createChangeBus>) =>
    Array.from({ length: 100 }, () => bus.subscribe(user))

  it('are 100 at most', () => {
    const bus = createChangeBus()
    fill(bus)
    expect(() => bus.subscribe(user)).toThrow(expect.objectContaining(tooMany))
    bus.subscribe(stranger)
  })

  it('make room as they end', () => {
    const bus = createChangeBus()
    const all = fill(bus)
    for (const ended of all.slice(0, 3)) {
      ended.end()
      ended.end()
      bus.subscribe(user)
      expect(() => bus.subscribe(user)).toThrow(expect.objectContaining(tooMany))
    }
  })

  it('are counted anew when all have ended', async () => {
    const bus = createChangeBus()
    for (const subscription of fill(bus)) subscription.end()
    const all = fill(bus)
    expect(() => bus.subscribe(user)).toThrow(expect.objectContaining(tooMany))
    bus.publish(user)
    for (const subscription of all) expect(await isWoken(subscription)).toBe(true)
  })
})
