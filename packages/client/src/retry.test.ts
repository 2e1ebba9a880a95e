import { getEventListeners } from 'node:events'
import { TRPCClientError } from '@trpc/client'
import { describe, expect, it } from 'vitest'
import { delayMillisecondsAfter, isLasting, pause, within } from './retry.ts'

function refusalWith(data: object): TRPCClientError<never> {
  return TRPCClientError.from({ error: { message: 'Refused', code: -32_000, data } })
}

/** What an answer is that is none of the server. */
function statusError(status: unknown): TRPCClientError<never> {
  return new TRPCClientError('No stream', { meta: { response: { status } } })
}

const delaysAfter = (failures: number, error?: unknown) =>
  Array.from({ length: 200 }, () => delayMillisecondsAfter(failures, error))

describe('the delay before the next attempt', () => {
  it.each([
    [1, 50, 100],
    [2, 100, 200],
    [4, 400, 800],
    [7, 3200, 6400],
    [8, 5000, 10_000],
    [9, 5000, 10_000],
    [100_000, 5000, 10_000],
  ])('after %i failures in a row is from %i to %i milliseconds', (failures, least, most) => {
    const delays = delaysAfter(failures)
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(least)
    expect(Math.max(...delays)).toBeLessThanOrEqual(most)
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan((most - least) / 2)
  })

  it('comes after what the server asked for, up to a minute', () => {
    const delays = delaysAfter(1, refusalWith({ httpStatus: 503, retryAfterSeconds: 5 }))
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(5050)
    expect(Math.max(...delays)).toBeLessThanOrEqual(5100)
    const [long = 0] = delaysAfter(1, refusalWith({ httpStatus: 429, retryAfterSeconds: 1e12 }))
    expect(long).toBeLessThanOrEqual(60_100)
  })
})

describe('what waiting cannot cure', () => {
  it.each([400, 401, 403, 404, 405, 409, 413, 422])('is an answer with %i', (status) => {
    expect(isLasting(refusalWith({ httpStatus: status }))).toBe(true)
    expect(isLasting(statusError(status))).toBe(true)
  })

  it.each([408, 425, 429, 500, 502, 503, 504])('is not an answer with %i', (status) => {
    expect(isLasting(refusalWith({ httpStatus: status }))).toBe(false)
    expect(isLasting(statusError(status))).toBe(false)
  })

  it.each([
    new TypeError('fetch failed'),
    TRPCClientError.from(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })),
    TRPCClientError.from(new DOMException('Aborted', 'AbortError')),
    statusError(200),
    statusError('404'),
    statusError(undefined),
    undefined,
  ])('is not a failure without an answer: %s', (error) => {
    expect(isLasting(error)).toBe(false)
  })
})

describe('a pause', () => {
  it('ends at once by the signal, and leaves no listener', async () => {
    const abort = new AbortController()
    const ended = pause(1e9, abort.signal)
    abort.abort()
    await ended
    await pause(1e9, abort.signal)
    expect(getEventListeners(abort.signal, 'abort')).toEqual([])
  })

  it('ends when the time is up, and leaves no listener', async () => {
    const { signal } = new AbortController()
    await pause(5, signal)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('a call within a time', () => {
  const aborted = (signal: AbortSignal) =>
    new Promise<string>((resolve) => {
      if (signal.aborted) resolve('aborted')
      signal.addEventListener('abort', () => resolve('aborted'))
    })

  it('is aborted when the time is up', async () => {
    const { signal } = new AbortController()
    expect(await within({ milliseconds: 5, signal }, aborted)).toBe('aborted')
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('is aborted by the signal, also by one that was aborted before', async () => {
    const abort = new AbortController()
    const call = within({ milliseconds: 1e9, signal: abort.signal }, aborted)
    abort.abort()
    expect(await call).toBe('aborted')
    expect(await within({ milliseconds: 1e9, signal: abort.signal }, aborted)).toBe('aborted')
  })

  it('gives its answer or its error, and leaves no listener', async () => {
    const { signal } = new AbortController()
    expect(await within({ milliseconds: 1000, signal }, async () => 'answer')).toBe('answer')
    const failing = () => Promise.reject(new Error('failed'))
    await expect(within({ milliseconds: 1000, signal }, failing)).rejects.toThrow('failed')
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
