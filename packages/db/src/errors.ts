/** What the drivers tell of a failure, whichever of them it was and however drizzle wrapped it. */
interface DriverError {
  code?: unknown
  syscall?: unknown
  constraint_name?: unknown
  constraint?: unknown
}

const unavailableCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
])

/** PostgreSQL's own codes for "not now": connection failure, shutdown, starting up, too many clients. */
const unavailableStates = /^(08...|57P0[1-5]|53300)$/

/** Whether the database could not be reached, as opposed to having refused the statement. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const { code, syscall } = driverErrorOf(error) ?? {}
  if (code === 'ENOENT') return syscall === 'connect'
  return typeof code === 'string' && (unavailableCodes.has(code) || unavailableStates.test(code))
}

/** The name of the unique, foreign-key or check constraint that a statement violated, if one was. */
export function violatedConstraint(error: unknown): string | undefined {
  const driverError = driverErrorOf(error)
  if (typeof driverError?.code !== 'string' || !driverError.code.startsWith('23')) return undefined
  const name = driverError.constraint_name ?? driverError.constraint
  return typeof name === 'string' ? name : undefined
}

function driverErrorOf(error: unknown): DriverError | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ('code' in current) return current
    if (current instanceof AggregateError) return driverErrorOf(current.errors[0])
  }
  return undefined
}

/**
 * An error as a log may hold it: a failed statement without its parameters, which may be a password
 * hash or a user's text.
 */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: 'Something that is not an error was thrown.' }
  const { name, cause } = error
  return { name, ...describeWhat(error), ...(cause !== undefined && { cause: describeError(cause) }) }
}

function describeWhat(error: Error): object {
  if ('severity' in error && 'code' in error) return describeRefusal(error)
  if ('query' in error && 'params' in error) return { query: error.query }
  if (error.cause instanceof Error && error.message.includes(error.cause.message)) return {}
  return { message: error.message, stack: error.stack, ...('code' in error && { code: error.code }) }
}

/** What PostgreSQL said. Its text for a bad value, a code of class 22, quotes that value. */
function describeRefusal(error: Error & { code: unknown }): object {
  const { code, message } = error
  const constraint = violatedConstraint(error)
  const isSafe = typeof code === 'string' && !code.startsWith('22')
  return { code, ...(isSafe && { message }), ...(constraint !== undefined && { constraint }) }
}
