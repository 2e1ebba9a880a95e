import { printable } from '../terminal.ts'

/** A row that is not in, and why. */
export interface MissingRow {
  line: number
  /** `refused` rows are wrong as they stand; `failed` ones may be taken another time. */
  kind: 'refused' | 'failed'
  reason: string
}

const shownMax = 50

/** Which columns there was no field for, and in how many rows. */
export function describeIgnored(ignored: ReadonlyMap<string, number>): string[] {
  if (ignored.size === 0) return []
  const columns = [...ignored].sort(([one], [other]) => (one < other ? -1 : 1))
  const shown = columns.slice(0, shownMax).map(([name, rows]) => `${printable(name)} (${rows})`)
  const more = columns.length > shownMax ? ` and ${columns.length - shownMax} more` : ''
  return [`Ignored columns: ${shown.join(', ')}${more}`]
}

/** The first rows that are not in, and where all of them stand. */
export function describeMissing(missing: MissingRow[], reportFile: string | undefined): string[] {
  if (missing.length === 0) return []
  const shown = missing
    .slice(0, shownMax)
    .map(
      ({ line, kind, reason }) =>
        `  line ${line}: ${kind === 'failed' ? 'failed: ' : ''}${printable(reason)}`,
    )
  const more = missing.length - shown.length
  const rest = reportFile === undefined ? `--report <file> writes all of them.` : `All of them: ${reportFile}`
  return ['Not in:', ...shown, ...(more > 0 ? [`  and ${more} more. ${rest}`] : [])]
}

/** One JSON object for each row that is not in. */
export function missingAsJsonLines(missing: MissingRow[]): string {
  return missing.map((row) => `${JSON.stringify(row)}\n`).join('')
}
