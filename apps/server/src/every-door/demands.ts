import { type Access, type ProcedureDescription, type Reason, reasons } from '@tasklane/api'
import type { Case, Kind } from './case.ts'
import { publishedAt } from './published.ts'

/** What a procedure needs a case of, by its kind or its reason; or a face. */
export type Demand = Kind | Reason | 'a REST face' | "a REST face below the owner's path"

const ofAccess: Record<Access, (Kind | Reason)[]> = {
  anybody: [],
  signed_in: ['signed out'],
  person: ['signed out', 'SIGN_IN_REQUIRED'],
  session: ['signed out', 'SIGN_IN_REQUIRED', 'SESSION_REQUIRED'],
  admin: ['signed out', 'SIGN_IN_REQUIRED', 'ADMIN_REQUIRED'],
}

/** All that has to be shown of a procedure, read off the router. */
function demandsOf({ path, type, meta, input }: ProcedureDescription): Demand[] {
  const { access = 'anybody', errors = [] } = meta
  const fields = Object.keys(input.properties ?? {})
  const isByKey = input.required?.includes('id') || errors.some((reason) => reason.endsWith('_NOT_FOUND'))
  const conflicts = errors.filter((reason) => reasons[reason].code === 'CONFLICT')
  const isConflicting = fields.includes('expectedVersion') || conflicts.length > 0
  const isScoped = type === 'mutation' && access !== 'anybody' && access !== 'admin'
  const demands: (Demand | false)[] = [
    ...(['a REST face', 'works', 'unknown field'] as const),
    path.startsWith('tasks.') && "a REST face below the owner's path",
    fields.length > 0 && 'bad input',
    ...ofAccess[access],
    isScoped && 'SCOPE_INSUFFICIENT',
    isByKey && 'absent',
    // An administrator's users belong to nobody.
    isByKey && access !== 'admin' && 'foreign row',
    isConflicting && 'conflict',
    errors.includes('RATE_LIMITED') && 'too many',
    ...errors,
  ]
  return [...new Set(demands.filter((demand) => demand !== false))]
}

/** What of it the cases and the document show. */
function shownOf(procedure: string, cases: readonly Case[]): Set<Demand> {
  const own = cases.filter((each) => each.procedure === procedure)
  return new Set<Demand>([
    ...own.map(({ kind }) => kind),
    ...own.flatMap(({ reason }) => reason ?? []),
    ...(publishedAt('own', procedure) ? (['a REST face'] as const) : []),
    ...(publishedAt('owned', procedure) ? (["a REST face below the owner's path"] as const) : []),
  ])
}

/** Why a procedure may go without what is demanded of it. */
export interface Exemption {
  procedure: string
  /** `all` for a procedure that is in no row of the table. */
  of: Demand | 'all'
  because: string
}

const exemptions: Exemption[] = [
  { procedure: 'tasks.onChange', of: 'all', because: 'A stream. Its REST face is tasks.changes' },
]

/** What each procedure lacks, but for the exemptions. */
export function lacksOf(procedures: readonly ProcedureDescription[], cases: readonly Case[]): string[] {
  return procedures.flatMap((procedure) => {
    const exempt = exemptions.filter((each) => each.procedure === procedure.path).map((each) => each.of)
    if (exempt.includes('all')) return []
    const shown = shownOf(procedure.path, cases)
    return demandsOf(procedure)
      .filter((demand) => !shown.has(demand) && !exempt.includes(demand))
      .map((demand) => `${procedure.path}: ${demand}`)
  })
}

/** Exemptions that nothing needs. */
export function staleExemptions(
  procedures: readonly ProcedureDescription[],
  cases: readonly Case[],
): Exemption[] {
  return exemptions.filter(({ procedure: path, of }) => {
    const procedure = procedures.find((each) => each.path === path)
    const shown = shownOf(path, cases)
    if (!procedure) return true
    return of === 'all' ? shown.size > 0 : shown.has(of) || !demandsOf(procedure).includes(of)
  })
}
