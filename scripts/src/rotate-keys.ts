import { rotateKeysProgram } from './keys/program.ts'
import { runProgram } from './run-program.ts'

process.exitCode = await runProgram({
  program: rotateKeysProgram,
  args: process.argv.slice(2),
  terminal: process,
})
