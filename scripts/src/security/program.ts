import { parseArgs } from 'node:util'
import { Suspicious } from '@tasklane/api/contract'
import { readEnv } from '@tasklane/server/env'
import { UsageError } from '../problems.ts'
import type { Program } from '../run-program.ts'
import type { Terminal } from '../terminal.ts'
import { describeSuspicious, getSuspicious } from './report.ts'

const usage = `usage: npm run security-report -- [options]

Lists addresses and accounts with many failed log-ins, sign-ups and refreshes. Reads the database of
the settings; the embedded one only while no server has it open.

  --window-minutes <n>  How far to look back. Default 60, at most 43200 (30 days).
  --failures-min <n>    Failures from which an address or account is listed. Default 10.
  --json                Print JSON instead of tables.`

const options = {
  'window-minutes': { type: 'string' },
  'failures-min': { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

export const securityReportProgram: Program = { usage, run }

async function run(args: string[], { stdout }: Terminal): Promise<boolean> {
  const { values } = parseArgs({ args, options })
  const search = Suspicious.safeParse({
    windowMinutes: numberOf(values['window-minutes']),
    failuresMin: numberOf(values['failures-min']),
  })
  if (!search.success) {
    const [issue] = search.error.issues
    const option = issue?.path[0] === 'failuresMin' ? '--failures-min' : '--window-minutes'
    throw new UsageError(`${option}: ${issue?.message}`)
  }
  const report = await getSuspicious(readEnv(), search.data)
  stdout.write(`${values.json ? JSON.stringify(report, undefined, 2) : describeSuspicious(report)}\n`)
  return true
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text || Number.NaN)
}
