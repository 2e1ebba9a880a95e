import { createCaller, createSystemContext } from '@tasklane/api'
import type { Suspicious, SuspiciousReport } from '@tasklane/api/contract'
import type { Env } from '@tasklane/server/env'
import { withBackend } from '../database/with-backend.ts'
import { tableOf } from '../table.ts'

/** Asks the database of the settings, in process, who failed often at the gate. */
export async function getSuspicious(env: Env, search: Suspicious): Promise<SuspiciousReport> {
  return await withBackend(env, (dependencies) =>
    createCaller(createSystemContext(dependencies)).security.suspicious(search),
  )
}

/** The report as somebody reads it. */
export function describeSuspicious({ since, byAddress, byAccount }: SuspiciousReport): string {
  return [
    `Failures since ${since.toISOString()}`,
    '',
    'By address',
    tableOf(
      ['address', 'failures', 'accounts', 'first', 'last'],
      byAddress.map((row) => [row.address, row.failures, row.accounts, row.firstAt, row.lastAt]),
    ),
    '',
    'By account',
    tableOf(
      ['account', 'failures', 'addresses', 'first', 'last'],
      byAccount.map((row) => [
        row.userId ?? '(no such account)',
        row.failures,
        row.addresses,
        row.firstAt,
        row.lastAt,
      ]),
    ),
  ].join('\n')
}
