import type { Measured, Round } from './measure.ts'
import type { Reading } from './reader.ts'
import { type Latencies, summarise } from './statistics.ts'
import { accepted, tooBusy } from './storm.ts'

interface Setting {
  logInsPerStorm: number
  /** `HASHES_IN_FLIGHT` and `HASHES_QUEUE_MAX` of the server. */
  hashing: { inFlightMax: number; queueMax: number }
}

/** What `--json` prints. */
export interface Report extends Setting {
  /** How many were timed. */
  storms: number
  quiet: Latencies
  storm: Latencies
  /** p99 in the storms, divided by p99 in quiet. */
  p99Ratio: number
  /** How many log-ins of these storms were answered how. */
  logIns: Record<string, number>
  /** What must not happen, and did, in the warm-up too. */
  problems: string[]
}

export function reportOf({ warmUp, rounds }: Measured, { logInsPerStorm, hashing }: Setting): Report {
  const quiet = summarise(rounds.flatMap((round) => round.quiet.map(({ milliseconds }) => milliseconds)))
  const storm = summarise(rounds.flatMap((round) => round.storm.map(({ milliseconds }) => milliseconds)))
  return {
    logInsPerStorm,
    hashing,
    storms: rounds.length,
    quiet,
    storm,
    p99Ratio: storm.p99Milliseconds / quiet.p99Milliseconds,
    logIns: countOf(rounds.flatMap(({ answers }) => answers)),
    problems: problemsOf([warmUp, ...rounds]),
  }
}

function problemsOf(rounds: Round[]): string[] {
  const refusalsOf = (readings: Reading[]) => readings.flatMap(({ refusal }) => refusal ?? [])
  const isWrong = (answer: string) => answer !== accepted && answer !== tooBusy
  const found = {
    'Calls of the reader refused in quiet': rounds.flatMap(({ quiet }) => refusalsOf(quiet)),
    'Calls of the reader refused in a storm': rounds.flatMap(({ storm }) => refusalsOf(storm)),
    'Log-ins answered wrongly': rounds.flatMap(({ answers }) => answers.filter(isWrong)),
  }
  return Object.entries(found).flatMap(([what, words]) =>
    Object.entries(countOf(words)).map(([word, count]) => `${what}: ${count} (${word})`),
  )
}

function countOf(words: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

export function describeReport(report: Report): string {
  const { storms, logInsPerStorm, hashing, p99Ratio, logIns, problems } = report
  const answers = Object.entries({ [accepted]: 0, [tooBusy]: 0, ...logIns })
  return [
    `Storms of ${logInsPerStorm} log-ins at once: ${storms}`,
    `HASHES_IN_FLIGHT=${hashing.inFlightMax} HASHES_QUEUE_MAX=${hashing.queueMax}`,
    '',
    lineOf('tasks.list', ['requests', 'p50 ms', 'p99 ms', 'max ms']),
    lineOf('in quiet', cellsOf(report.quiet)),
    lineOf('in a storm', cellsOf(report.storm)),
    '',
    `  p99 in a storm / in quiet: ${p99Ratio.toFixed(1)}`,
    '',
    '  log-ins  answered',
    ...answers.map(([answer, count]) => `  ${String(count).padStart(7)}  ${answer}`),
    '',
    'A first round is not counted. The reader and the storm are one process, which shares the machine with',
    'the server: what sending the storm costs is part of the times.',
    ...problems.map((problem) => `Problem: ${problem}`),
  ].join('\n')
}

function cellsOf({ requests, ...times }: Latencies): string[] {
  const milliseconds = [times.p50Milliseconds, times.p99Milliseconds, times.maxMilliseconds]
  return [String(requests), ...milliseconds.map((value) => value.toFixed(1))]
}

function lineOf(name: string, cells: string[]): string {
  return `  ${name.padEnd(10)}${cells.map((cell) => cell.padStart(10)).join('')}`
}
