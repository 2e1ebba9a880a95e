import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPeople, measure } from './measure.ts'
import { isUsageError, type Options, readOptions, usage } from './options.ts'
import { describeReport, type Report, reportOf } from './report.ts'
import { startServer } from './server-process.ts'
import { EndedError, withinTime } from './within-time.ts'

const timeLimitSeconds = 60

process.exitCode = await main(process.argv.slice(2))

/** Gives the exit code: 0, 1 when something was not as it must be, 2 for options that it does not know. */
async function main(args: string[]): Promise<number> {
  try {
    const options = readOptions(args)
    if (options.isHelp) {
      console.log(usage)
      return 0
    }
    const report = await withinTime(timeLimitSeconds, (signal) => run(options, signal))
    console.log(options.isJson ? JSON.stringify(report, undefined, 2) : describeReport(report))
    return report.problems.length === 0 ? 0 : 1
  } catch (error) {
    if (isUsageError(error)) console.error(`${error.message}\n${usage.slice(0, usage.indexOf('\n'))}`)
    else console.error(error instanceof EndedError ? error.message : error)
    return isUsageError(error) ? 2 : 1
  }
}

async function run(options: Options, signal: AbortSignal): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'tasklane-bench-'))
  try {
    return await runIn(folder, { options, signal })
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function runIn(folder: string, { options, signal }: { options: Options; signal: AbortSignal }) {
  const server = await startServer({ folder, variables: options.variables })
  const { url, processId } = server
  try {
    const people = await createPeople({ url, signal })
    console.error(`Measuring the server at ${url}, process ${processId}, for ${timeLimitSeconds} s at most.`)
    const report = reportOf(await measure({ ...options, ...people, url, signal }), options)
    const end = await server.close()
    if (end !== 0) report.problems.push(`The server ended with ${end}`)
    return report
  } finally {
    await server.close()
    for (const line of server.log()) console.error(line)
  }
}
