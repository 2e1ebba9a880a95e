import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BenchRun, isAnyLeft, startBench } from './fixtures/run-bench.ts'
import type { Report } from './report.ts'

const long = { timeout: 120_000 }
const short = ['--json', '--storms', '1', '--quiet-seconds', '1', '--log-ins', '30']
const startTimeoutMilliseconds = 30_000
const measuring = /^Measuring the server at http:\/\/127\.0\.0\.1:\d+, process (\d+), for 60 s at most\.\n/

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tasklane-bench-test-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** The process of its server, or 0 as long as it does not measure. */
function serverOf(bench: BenchRun): number {
  return Number(measuring.exec(bench.printed().stderr)?.[1] ?? 0)
}

async function expectNothingLeft(bench: BenchRun): Promise<void> {
  expect(isAnyLeft(bench)).toBe(false)
  expect(await readdir(folder)).toEqual([])
}

describe('a short storm', long, () => {
  it('has log-ins refused with Retry-After and the reader never, and leaves nothing behind', async () => {
    const bench = startBench({ args: [...short, '--hashes-in-flight=1', '--hashes-queue-max=5'], folder })
    const { code, stdout, stderr } = await bench.end
    expect(stderr.replace(measuring, '')).toBe('')
    expect(code).toBe(0)
    const { quiet, storm, p99Ratio, logIns, ...report } = JSON.parse(stdout) as Report
    expect(report).toEqual({
      storms: 1,
      logInsPerStorm: 30,
      hashing: { inFlightMax: 1, queueMax: 5 },
      problems: [],
    })
    const { '200': accepted = 0, '503 TOO_BUSY with Retry-After': refused = 0, ...others } = logIns
    expect(others).toEqual({})
    expect(accepted).toBeGreaterThanOrEqual(6)
    expect(refused).toBeGreaterThan(0)
    expect(accepted + refused).toBe(30)
    for (const latencies of [quiet, storm]) {
      expect(latencies.requests).toBeGreaterThan(0)
      expect(latencies.p50Milliseconds).toBeGreaterThan(0)
      expect(latencies.p99Milliseconds).toBeGreaterThanOrEqual(latencies.p50Milliseconds)
      expect(latencies.maxMilliseconds).toBeGreaterThanOrEqual(latencies.p99Milliseconds)
    }
    expect(p99Ratio).toBeCloseTo(storm.p99Milliseconds / quiet.p99Milliseconds)
    await expectNothingLeft(bench)
  })

  it('fails when the server stops to answer, says how, and leaves nothing behind', async () => {
    const bench = startBench({ args: short, folder })
    await expect.poll(() => serverOf(bench), { timeout: startTimeoutMilliseconds }).toBeGreaterThan(0)
    process.kill(serverOf(bench), 'SIGKILL')
    const { code, stdout } = await bench.end
    expect((JSON.parse(stdout) as Report).problems).toEqual([
      expect.stringMatching(/^Calls of the reader refused in quiet: \d+ \(no answer\)$/),
      expect.stringMatching(/^Calls of the reader refused in a storm: \d+ \(no answer\)$/),
      expect.stringMatching(/^Log-ins answered wrongly: \d+ \(no answer\)$/),
      'The server ended with SIGKILL',
    ])
    expect(code).toBe(1)
    await expectNothingLeft(bench)
  })
})

describe('ended', long, () => {
  const isStarting = async () => (await readdir(folder)).length === 1
  const isMeasuring = async (bench: BenchRun) => serverOf(bench) > 0

  it.each([
    { when: 'by SIGTERM while the server starts', signal: 'SIGTERM', isTime: isStarting },
    { when: 'by SIGINT while it measures', signal: 'SIGINT', isTime: isMeasuring },
  ] as const)('$when, leaves nothing behind', async ({ signal, isTime }) => {
    const bench = startBench({ args: ['--quiet-seconds=50'], folder })
    await expect.poll(() => isTime(bench), { timeout: startTimeoutMilliseconds }).toBe(true)
    expect(isAnyLeft(bench)).toBe(true)
    bench.process.kill(signal)
    const { code, stdout, stderr } = await bench.end
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.replace(measuring, '')).toBe(`Ended by ${signal}.\n`)
    await expectNothingLeft(bench)
  })
})

it('tells how to use it', async () => {
  const { code, stdout } = await startBench({ args: ['--help'], folder }).end
  expect(code).toBe(0)
  expect(stdout).toMatch(/^usage: npm run bench:log-in-storm -- /)
})

it.each([
  ['--nonsense', /--nonsense/],
  ['--storms=0', /^--storms must be a whole number from 1 to 9999/],
  ['--log-ins=many', /^--log-ins must be/],
  ['--hashes-in-flight=0', /HASHES_IN_FLIGHT: Must be a whole number from 1/],
])('exits with 2 and says what is wrong with %s', async (arg, problem) => {
  const { code, stdout, stderr } = await startBench({ args: [arg], folder }).end
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(problem)
  expect(stderr).toMatch(/\nusage: [^\n]*\n$/)
})
