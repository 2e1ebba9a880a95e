import { type Access, AppError, type Reason, reasons } from '@tasklane/api'
import { type Operation, ownerParameter, type Place } from './operations.ts'

const everywhere: Reason[] = ['INPUT_INVALID', 'INTERNAL', 'DATABASE_UNAVAILABLE']
const withToken: Reason[] = [
  ...(['AUTHENTICATION_REQUIRED', 'TOKEN_INVALID', 'TOKEN_EXPIRED', 'TOKEN_FORMAT_INVALID'] as const),
  'ISSUER_UNAVAILABLE',
]
const ofGuard: Record<Access, Reason[]> = {
  anybody: [],
  signed_in: withToken,
  person: [...withToken, 'SIGN_IN_REQUIRED'],
  session: [...withToken, 'SIGN_IN_REQUIRED', 'SESSION_REQUIRED'],
  admin: [...withToken, 'SIGN_IN_REQUIRED', 'ADMIN_REQUIRED'],
}
const withBody: Reason[] = ['INPUT_MALFORMED', 'PAYLOAD_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED']

/** Why an operation can refuse a call: for what its guard, its contract, its headers and its procedure refuse. */
export function reasonsOf(operation: Operation, place: Place): Reason[] {
  const { access = 'anybody', isKeyed = false, errors = [] } = operation.meta
  const isScoped = operation.type === 'mutation' && access !== 'anybody' && access !== 'admin'
  const all: Reason[] = [
    ...everywhere,
    ...ofGuard[access],
    ...(isScoped ? (['SCOPE_INSUFFICIENT'] as const) : []),
    ...(place.path.includes(`{${ownerParameter}}`) ? (['OWNER_MISMATCH'] as const) : []),
    ...(operation.hasBody ? withBody : []),
    ...(operation.takesIfMatch ? (['PRECONDITION_FAILED', 'INPUT_CONTRADICTORY'] as const) : []),
    ...(isKeyed ? (['IDEMPOTENCY_KEY_REUSED'] as const) : []),
    ...errors,
  ]
  return [...new Set(all)]
}

/** The reasons of each HTTP status, in rising order. */
export function byStatus(all: readonly Reason[]): [status: number, reasons: Reason[]][] {
  const groups = new Map<number, Reason[]>()
  for (const reason of all) {
    const { httpStatus } = new AppError(reason)
    groups.set(httpStatus, [...(groups.get(httpStatus) ?? []), reason])
  }
  return [...groups].sort(([one], [other]) => one - other)
}

/** What a caller reads of them. */
export function describeReasons(all: readonly Reason[]): string {
  return all.map((reason) => `- \`${reason}\`: ${reasons[reason].message}`).join('\n')
}
