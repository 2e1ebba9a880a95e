import { printable } from '../terminal.ts'
import type { MissingRow } from './import-rows.ts'
import type { ImportResult } from './import-tasks.ts'

const shownMax = 50

/** What the import prints at its end. */
export function reportOf(
  result: ImportResult,
  { reportFile }: { reportFile?: string | undefined } = {},
): string {
  return [
    ...countsOf(result),
    ...ignoredOf(result),
    ...missingOf(result.missing, reportFile),
    ...(result.stop === undefined ? [] : [stopOf(result)]),
  ].join('\n')
}

/** The same for a file that was only checked. */
export function checkReportOf(result: ImportResult, given: { reportFile?: string | undefined } = {}): string {
  const { read, stored, missing } = result
  return [
    `Rows read      ${read}`,
    `Could be sent  ${stored}`,
    `Refused        ${missing.length}`,
    ...ignoredOf(result),
    ...missingOf(missing, given.reportFile),
    'Nothing was sent.',
  ].join('\n')
}

function countsOf({ read, stored, changed, added, missing }: ImportResult): string[] {
  const refused = missing.filter(({ kind }) => kind === 'refused').length
  const failed = missing.length - refused
  return [
    `Rows read      ${read}`,
    ...(added === undefined
      ? [`In             ${stored} (others wrote to this account meanwhile: how many are new is not known)`]
      : [`Added          ${added}`, `Already there  ${stored + changed - added}`]),
    ...(changed > 0 ? [`               ${changed} of them edited or trashed since; left alone`] : []),
    `Refused        ${refused}`,
    ...(failed > 0 ? [`Failed         ${failed}`] : []),
  ]
}

function ignoredOf({ ignored }: ImportResult): string[] {
  if (ignored.size === 0) return []
  const columns = [...ignored].sort(([one], [other]) => (one < other ? -1 : 1))
  const shown = columns.slice(0, shownMax).map(([name, rows]) => `${printable(name)} (${rows})`)
  const more = columns.length > shownMax ? ` and ${columns.length - shownMax} more` : ''
  return [`Ignored columns: ${shown.join(', ')}${more}`]
}

function missingOf(missing: MissingRow[], reportFile: string | undefined): string[] {
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

function stopOf({ read, stop }: ImportResult): string {
  return (
    `Stopped after ${read} rows: ${printable(stop ?? '')}. The rows after them were not sent. ` +
    'Run it again: what is in is not added twice.'
  )
}

/** One JSON object for each row that is not in. */
export function missingAsJsonLines(missing: MissingRow[]): string {
  return missing.map((row) => `${JSON.stringify(row)}\n`).join('')
}
