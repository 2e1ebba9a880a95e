import type { Env } from './env.ts'
import type { Terminal } from './terminal/terminal.ts'

/** What a run of the program gets from outside. */
export interface Setting {
  env: Env
  terminal: Terminal
  /** Aborts with Ctrl-C. */
  signal: AbortSignal
  now(): Date
  /** Resolves early when the signal aborts. */
  pause(milliseconds: number): Promise<void>
}
