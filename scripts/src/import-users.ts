import { runProgram } from './run-program.ts'
import { importUsersProgram } from './users/import-program.ts'

process.exitCode = await runProgram({
  program: importUsersProgram,
  args: process.argv.slice(2),
  terminal: process,
})
