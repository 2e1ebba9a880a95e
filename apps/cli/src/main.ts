#!/usr/bin/env node
import { readEnv } from './env.ts'
import { exitCodes } from './exit-codes.ts'
import { run } from './run.ts'

const interruption = new AbortController()
const { signal } = interruption

process.on('SIGINT', () => {
  if (signal.aborted) process.exit(exitCodes.interrupted)
  interruption.abort()
})

// Whoever read has seen enough: `tasklane ls | head -1`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(exitCodes.ok)
})
process.stderr.on('error', () => {})

process.exitCode = await run(process.argv.slice(2), {
  env: readEnv(),
  terminal: process,
  signal,
  now: () => new Date(),
  pause: (milliseconds) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    }),
})
if (signal.aborted) process.exit()
