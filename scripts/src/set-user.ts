import { runProgram } from './run-program.ts'
import { setUserProgram } from './users/set-user-program.ts'

process.exitCode = await runProgram({
  program: setUserProgram,
  args: process.argv.slice(2),
  terminal: process,
})
