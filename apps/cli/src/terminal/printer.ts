import { printableJson } from './printable.ts'
import { render, type Span } from './spans.ts'
import { layOut, type Table } from './table.ts'
import type { Screen, Terminal } from './terminal.ts'

/** What a command says. Nothing in a text can reach the terminal as a command to it. */
export interface Printer {
  /** Whether a program reads: one JSON value on standard output, and all else on standard error. */
  isJson: boolean
  /** Whether a person looks at standard output. */
  isScreen: boolean
  /** A line of the answer, for people. */
  line(...spans: Span[]): void
  table(table: Table): void
  /** The answer, for programs. Over many lines on a terminal. */
  value(value: unknown): void
  /** One value of many, on a line of its own. */
  jsonLine(value: unknown): void
  /** Whole lines of a file of another format. */
  piece(text: string): void
  /** What is not part of the answer. */
  note(...spans: Span[]): void
  /** The same, for programs. */
  jsonNote(value: unknown): void
}

interface Options {
  terminal: Terminal
  mayColor: boolean
  isJson: boolean
}

export function createPrinter({ terminal: { stdout, stderr }, mayColor, isJson }: Options): Printer {
  const isScreen = stdout.isTTY === true
  const write = (screen: Screen, spans: readonly Span[]) =>
    screen.write(`${render(spans, mayColor && screen.isTTY === true)}\n`)
  const json = (screen: Screen, value: unknown, indent = 0) =>
    screen.write(`${printableJson(JSON.stringify(value, undefined, indent))}\n`)
  return {
    ...{ isJson, isScreen },
    line: (...spans) => write(stdout, spans),
    table: (table) => {
      for (const spans of layOut(table, isScreen ? stdout.columns || 80 : undefined)) write(stdout, spans)
    },
    value: (value) => json(stdout, value, isScreen ? 2 : 0),
    jsonLine: (value) => json(stdout, value),
    piece: (text) => {
      if (!isScreen) stdout.write(text)
      else for (const line of text.replace(/\n$/, '').split('\n')) write(stdout, [line])
    },
    note: (...spans) => write(stderr, spans),
    jsonNote: (value) => json(stderr, value),
  }
}
