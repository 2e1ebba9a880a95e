import { isDatabaseUnavailable } from '@tasklane/db'

/** Thrown when the address or the port cannot be had. */
export class ListenError extends Error {
  override name = 'ListenError'
  constructor({ host, port }: { host: string; port: number }, cause: unknown) {
    const { code } = cause as NodeJS.ErrnoException
    const text = `Cannot listen on ${host}, port ${port}`
    super(
      code === 'EADDRINUSE'
        ? `${text}: another program does. Stop it, or set PORT.`
        : `${text} (${code}). Check HOST and PORT.`,
      { cause },
    )
  }
}

/** PostgreSQL's codes for a wrong user, password or database name. */
const wrongUrlStates = /^(28...|3D000)$/

/** What whoever starts the server reads when it does not start: what is wrong and what to do. */
export function explainStartFailure(error: unknown): string {
  if (error instanceof ListenError) return error.message
  const { message, code } = rootOf(error)
  if (typeof code !== 'string') return message
  if (isDatabaseUnavailable(error) && code !== 'ENOENT')
    return `The database cannot be reached (${code}). Check DATABASE_URL and that the server runs.`
  if (wrongUrlStates.test(code)) return `The database refuses us: ${message}. Check DATABASE_URL.`
  return message
}

/** What the driver or the system said, without the statement that drizzle wraps around it. */
function rootOf(error: unknown): { message: string; code?: unknown } {
  if (!(error instanceof Error)) return { message: String(error) }
  if (error.cause instanceof Error) return rootOf(error.cause)
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return rootOf(error.errors[0])
  return error
}
