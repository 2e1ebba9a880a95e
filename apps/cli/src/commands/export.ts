import type { ListedTask } from '@tasklane/client'
import { type Command, Option } from 'commander'
import { stringify } from 'csv-stringify/sync'
import { type Connection, connect } from '../connection/connect.ts'
import type { Setting } from '../setting.ts'
import { listPages } from '../tasks/list-pages.ts'
import { printableJson } from '../terminal/printable.ts'
import type { Printer } from '../terminal/printer.ts'
import { createProgress } from '../terminal/progress.ts'
import { addCommand } from './add-command.ts'
import { addFilterOptions, filtersOf, type ListOptions } from './list-options.ts'

type Format = 'jsonl' | 'json' | 'csv'

interface Options extends ListOptions {
  format: Format
}

/** Writes tasks one after the other. */
interface Writer {
  begin(): void
  write(task: ListedTask, index: number): void
  end(): void
}

export function addExport(program: Command, setting: Setting): void {
  const format = new Option('--format <format>', 'JSON lines, one JSON array, or CSV')
  addFilterOptions(addCommand(program, 'export', 'write all tasks to standard output, the oldest first'))
    .addOption(format.choices(['jsonl', 'json', 'csv']).default('jsonl'))
    .addHelpText(
      'after',
      '\n`tasklane import` takes each of them. CSV holds texts as they are: a spreadsheet may run one that begins with "=".',
    )
    .action(async (options: Options) => {
      await connect(setting, options, (connection) => run(connection, setting, options))
    })
}

async function run({ client, printer }: Connection, setting: Setting, options: Options): Promise<void> {
  const filters = { ...filtersOf(options, setting.now()), sort: 'createdAt', order: 'asc' } as const
  const progress = createProgress(setting.terminal.stderr, setting.now)
  const writer = writers[options.format](printer)
  let written = 0
  let total: number | undefined
  writer.begin()
  try {
    for await (const page of listPages({ client, filters, signal: setting.signal })) {
      total ??= page.total
      for (const task of page.tasks) writer.write(task, written++)
      if (!printer.isScreen) progress.update(`${written} tasks`, total && written / total)
    }
  } finally {
    progress.end()
  }
  writer.end()
}

const columns = [
  ...(['id', 'title', 'description', 'completed', 'priority', 'dueDate', 'tags'] as const),
  ...(['version', 'createdAt', 'updatedAt', 'completedAt', 'deletedAt'] as const),
]

const writers: Record<Format, (printer: Printer) => Writer> = {
  jsonl: ({ jsonLine }) => ({ begin() {}, write: jsonLine, end() {} }),
  json: ({ piece }) => ({
    begin: () => piece('[\n'),
    write: (task, index) => piece(`${index === 0 ? ' ' : ','}${printableJson(JSON.stringify(task))}\n`),
    end: () => piece(']\n'),
  }),
  csv: ({ piece }) => ({
    begin: () => piece(stringify([columns])),
    write: (task) => piece(stringify([columns.map((column) => cellOf(task[column]))])),
    end() {},
  }),
}

function cellOf(value: ListedTask[(typeof columns)[number]]): string {
  if (value instanceof Date) return value.toISOString()
  if (!Array.isArray(value)) return String(value ?? '')
  const isPlain = value.every((tag) => !/^\[|[,;]/.test(tag))
  return isPlain ? value.join(';') : JSON.stringify(value)
}
