import { describeIgnored, describeMissing } from '../rows/report.ts'
import { printable } from '../terminal.ts'
import type { ImportResult } from './import-tasks.ts'

/** What the import prints at its end. */
export function reportOf(
  result: ImportResult,
  { reportFile }: { reportFile?: string | undefined } = {},
): string {
  return [
    ...countsOf(result),
    ...describeIgnored(result.ignored),
    ...describeMissing(result.missing, reportFile),
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
    ...describeIgnored(result.ignored),
    ...describeMissing(missing, given.reportFile),
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

function stopOf({ read, stop }: ImportResult): string {
  return (
    `Stopped after ${read} rows: ${printable(stop ?? '')}. The rows after them were not sent. ` +
    'Run it again: what is in is not added twice.'
  )
}
