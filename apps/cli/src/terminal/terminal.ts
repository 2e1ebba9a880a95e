import type { Readable, Writable } from 'node:stream'

/** Where the program reads and writes. `process` is one. */
export interface Terminal {
  stdin: Readable & { isTTY?: boolean; fd?: number }
  stdout: Screen
  stderr: Screen
}

export type Screen = Writable & { isTTY?: boolean; columns?: number }
