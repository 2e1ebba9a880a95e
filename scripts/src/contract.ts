import { contractProgram } from './contract/program.ts'
import { runProgram } from './run-program.ts'

process.exitCode = await runProgram({
  program: contractProgram,
  args: process.argv.slice(2),
  terminal: process,
})
