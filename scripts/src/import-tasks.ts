import { importTasksProgram } from './import/program.ts'
import { runProgram } from './run-program.ts'

process.exitCode = await runProgram({
  program: importTasksProgram,
  args: process.argv.slice(2),
  terminal: process,
})
