import { describeIgnored, describeMissing } from '../rows/report.ts'
import type { UserImportResult } from './import-users.ts'

interface Given {
  isDryRun: boolean
  reportFile?: string | undefined
}

/** What the import of accounts prints at its end. */
export function describeImport(result: UserImportResult, { isDryRun, reportFile }: Given): string {
  const { read, added, present, taken, missing, ignored } = result
  const counts = isDryRun
    ? [`Could be added  ${added}, but for those that are there already`]
    : [`Added           ${added}`, `Already there   ${present}`]
  return [
    `Rows read       ${read}`,
    ...counts,
    ...(taken > 0 ? [`Username taken  ${taken}`] : []),
    `Refused         ${missing.length - taken}`,
    ...describeIgnored(ignored),
    ...describeMissing(missing, reportFile),
    ...(isDryRun ? ['Nothing was written.'] : []),
  ].join('\n')
}
