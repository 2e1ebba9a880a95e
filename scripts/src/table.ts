type Cell = string | number | Date

/** Columns under their names, numbers to the right. */
export function tableOf(names: string[], rows: Cell[][]): string {
  if (rows.length === 0) return '  none'
  const cells = rows.map((row) => row.map(textOf))
  const widths = names.map((name, index) =>
    Math.max(name.length, ...cells.map((row) => row[index]?.length ?? 0)),
  )
  const isNumber = names.map((_, index) => typeof rows[0]?.[index] === 'number')
  const lineOf = (row: string[]) =>
    `  ${row.map((cell, index) => pad({ cell, width: widths[index] ?? 0, toRight: isNumber[index] === true })).join('  ')}`.trimEnd()
  return [names, ...cells].map(lineOf).join('\n')
}

function textOf(cell: Cell): string {
  return cell instanceof Date ? cell.toISOString() : String(cell)
}

function pad({ cell, width, toRight }: { cell: string; width: number; toRight: boolean }): string {
  return toRight ? cell.padStart(width) : cell.padEnd(width)
}
