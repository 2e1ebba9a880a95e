import type { ErrorData, InputIssue, Reason, Task } from '@tasklane/api/contract'
import type { AppRouter } from '@tasklane/api/router'
import { isTRPCClientError } from '@trpc/client'

/**
 * The reason of a failed call, to narrow on. Gives `undefined` for what did not come from the server,
 * such as a network failure or an aborted call. A newer server may name one that `Reason` does not have yet.
 */
export function reasonOf(error: unknown): Reason | undefined {
  const reason: unknown = dataOf(error)?.reason
  return typeof reason === 'string' ? (reason as Reason) : undefined
}

/** The fields that the server refused, with `INPUT_INVALID`; otherwise none. */
export function issuesOf(error: unknown): InputIssue[] {
  return dataOf(error)?.issues ?? []
}

/** The caller's task as it is now, with `VERSION_CONFLICT` and `TASK_ID_TAKEN`. */
export function currentTaskOf(error: unknown): Task | undefined {
  return dataOf(error)?.task
}

/** Whether the server did not accept who calls. The HTTP status does not tell: a mixed batch has 207. */
export function isUnauthorized(error: unknown): boolean {
  return dataOf(error)?.code === 'UNAUTHORIZED'
}

/** What the server said of the failure. */
export function dataOf(error: unknown): ErrorData | undefined {
  return (isTRPCClientError<AppRouter>(error) && error.data) || undefined
}

export function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error('Aborted', { cause })
}
