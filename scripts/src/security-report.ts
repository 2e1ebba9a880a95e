import { runProgram } from './run-program.ts'
import { securityReportProgram } from './security/program.ts'

process.exitCode = await runProgram({
  program: securityReportProgram,
  args: process.argv.slice(2),
  terminal: process,
})
