import { moveProgram } from './database/programs.ts'
import { runProgram } from './run-program.ts'

process.exitCode = await runProgram({
  program: moveProgram,
  args: process.argv.slice(2),
  terminal: process,
})
