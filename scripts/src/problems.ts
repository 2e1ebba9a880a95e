import { isDatabaseUnavailable } from '@tasklane/db'

/** Something a program could not do. Its text says what the caller can do about it. */
export class CommandError extends Error {
  override name = 'CommandError'
}

/** The program was called in a way that it does not know. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** What to tell about a failure: its text, and the stack only of what is a fault of this program. */
export function explain(error: unknown): string {
  if (isDatabaseUnavailable(error)) {
    return `The database cannot be reached (${codeOf(error)}). Check DATABASE_URL and that the server runs.`
  }
  if (!(error instanceof Error)) return `Something that is not an error was thrown: ${String(error)}`
  if (isFault(error)) return `This is a fault of the program. Please report it.\n${error.stack}`
  return withoutStatement(error).message
}

function isFault(error: Error): boolean {
  return [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind)
}

/** A failed statement's own text holds its parameters; what the database said is its cause. */
function withoutStatement(error: Error): Error {
  return 'query' in error && error.cause instanceof Error ? withoutStatement(error.cause) : error
}

/** The code of the innermost cause that has one, such as `ECONNREFUSED`. */
export function codeOf(error: unknown): string | undefined {
  let code: string | undefined
  for (let current = error; current instanceof Error; current = current.cause) {
    if ('code' in current && typeof current.code === 'string') code = current.code
    if (current instanceof AggregateError && code === undefined) code = codeOf(current.errors[0])
  }
  return code
}
