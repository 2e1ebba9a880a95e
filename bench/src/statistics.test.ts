import { describe, expect, it } from 'vitest'
import { percentile, summarise } from './statistics.ts'

const oneTo = (length: number) => Array.from({ length }, (_, index) => index + 1)

describe('percentile', () => {
  it.each([
    { of: '1 to 100', values: oneTo(100), p1: 1, p50: 50, p99: 99, p100: 100 },
    { of: '1 to 101', values: oneTo(101), p1: 2, p50: 51, p99: 100, p100: 101 },
    { of: '1 to 1000', values: oneTo(1000), p1: 10, p50: 500, p99: 990, p100: 1000 },
    { of: 'two values', values: [1, 2], p1: 1, p50: 1, p99: 2, p100: 2 },
    { of: 'one value', values: [7], p1: 7, p50: 7, p99: 7, p100: 7 },
    { of: 'equal values', values: [3, 3, 3], p1: 3, p50: 3, p99: 3, p100: 3 },
  ])('is the nearest rank of $of', ({ values, p1, p50, p99, p100 }) => {
    expect([1, 50, 99, 100].map((percent) => percentile(values, percent))).toEqual([p1, p50, p99, p100])
  })

  it('does not depend on the order, and leaves the order as it is', () => {
    const values = [10, 9, 100, 1]
    expect(percentile(values, 50)).toBe(9)
    expect(percentile(values, 75)).toBe(10)
    expect(values).toEqual([10, 9, 100, 1])
  })

  it('refuses no values, and what is not a percentage', () => {
    expect(() => percentile([], 50)).toThrow(RangeError)
    for (const percent of [0, -1, 100.5, Number.NaN])
      expect(() => percentile([1], percent)).toThrow(RangeError)
  })
})

it('summarises with the number of requests, the median, the tail and the worst', () => {
  expect(summarise(oneTo(1000).reverse())).toEqual({
    requests: 1000,
    p50Milliseconds: 500,
    p99Milliseconds: 990,
    maxMilliseconds: 1000,
  })
})
