import { describe, expect, it } from 'vitest'
import type { Round } from './measure.ts'
import { describeReport, reportOf } from './report.ts'
import { accepted, tooBusy } from './storm.ts'

const setting = { logInsPerStorm: 3, hashing: { inFlightMax: 2, queueMax: 100 } }
const readings = (milliseconds: number[], refusal?: string) =>
  milliseconds.map((each) => ({ milliseconds: each, refusal }))
const round: Round = { quiet: readings([2, 1]), storm: readings([30, 4]), answers: [accepted, tooBusy] }
const refused = readings([1], 'TOO_BUSY')

it('counts what was measured in all rounds but the warm-up', () => {
  const warmUp = { quiet: readings([999]), storm: readings([999]), answers: [accepted] }
  const other = { quiet: readings([3]), storm: readings([5, 6]), answers: [tooBusy] }
  expect(reportOf({ warmUp, rounds: [round, other] }, setting)).toEqual({
    ...setting,
    storms: 2,
    quiet: { requests: 3, p50Milliseconds: 2, p99Milliseconds: 3, maxMilliseconds: 3 },
    storm: { requests: 4, p50Milliseconds: 5, p99Milliseconds: 30, maxMilliseconds: 30 },
    p99Ratio: 10,
    logIns: { [accepted]: 1, [tooBusy]: 2 },
    problems: [],
  })
})

describe('has as a problem', () => {
  it.each<{ what: string; wrong: Partial<Round>; problem: string }>([
    { what: 'a read refused in quiet', wrong: { quiet: refused }, problem: 'quiet: 1 (TOO_BUSY)' },
    { what: 'a read refused in a storm', wrong: { storm: refused }, problem: 'storm: 1 (TOO_BUSY)' },
    {
      what: 'a log-in answered by anything else',
      wrong: { answers: ['503 TOO_BUSY without Retry-After', '503 TOO_BUSY without Retry-After', accepted] },
      problem: 'Log-ins answered wrongly: 2 (503 TOO_BUSY without Retry-After)',
    },
    { what: 'no answer', wrong: { answers: ['no answer'] }, problem: 'wrongly: 1 (no answer)' },
  ])('$what, in the warm-up too', ({ wrong, problem }) => {
    const bad = { ...round, ...wrong }
    for (const measured of [
      { warmUp: round, rounds: [round, bad] },
      { warmUp: bad, rounds: [round] },
    ]) {
      expect(reportOf(measured, setting).problems).toEqual([expect.stringContaining(problem)])
    }
  })
})

it('prints the times in quiet and in the storms, the answers, and the problems', () => {
  const bad = { ...round, answers: [accepted, tooBusy, '429 RATE_LIMITED with Retry-After'] }
  const text = describeReport(reportOf({ warmUp: round, rounds: [bad] }, setting))
  expect(text).toContain(
    `
Storms of 3 log-ins at once: 1
HASHES_IN_FLIGHT=2 HASHES_QUEUE_MAX=100

  tasks.list  requests    p50 ms    p99 ms    max ms
  in quiet           2       1.0       2.0       2.0
  in a storm         2       4.0      30.0      30.0

  p99 in a storm / in quiet: 15.0

  log-ins  answered
        1  200
        1  503 TOO_BUSY with Retry-After
        1  429 RATE_LIMITED with Retry-After
`.trimStart(),
  )
  expect(text).toMatch(/\nProblem: Log-ins answered wrongly: 1 \(429 RATE_LIMITED with Retry-After\)$/)
})
