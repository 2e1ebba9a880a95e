/** The program was called in a way that it does not know. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** Something that cannot be done, as things are. Its text says what the caller can do about it. */
export class RefusedError extends Error {
  override name = 'RefusedError'
}

/** Nobody is signed in at this server. */
export class SignedOutError extends Error {
  override name = 'SignedOutError'

  constructor(url: string, hasToken = false) {
    super(
      hasToken
        ? `${url} does not take the token of TASKLANE_TOKEN: it is revoked, expired, or of another server.`
        : `You are not signed in. Run: tasklane login --url ${url}`,
    )
  }
}

/** Ctrl-C, where the program reads it as a key. */
export class InterruptedError extends Error {
  override name = 'InterruptedError'
}

/** Whether a call of the client failed. */
export const isOfCall = (error: unknown) => error instanceof Error && error.name === 'TRPCClientError'

/** A call that failed, and where it went. */
export class FailedCallError extends Error {
  override name = 'FailedCallError'
  readonly url: string
  /** Whether it was made with the token of the environment. */
  readonly hasToken: boolean

  /** `session`: absent where a token of the environment goes before it. */
  constructor(cause: unknown, { url, session }: { url: string; session?: unknown }) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.url = url
    this.hasToken = session === undefined
  }
}

/** Work that was done in part, and said so itself. */
export class PartlyDoneError extends Error {
  override name = 'PartlyDoneError'
  readonly exitCode: number

  constructor(exitCode: number) {
    super('Not all of it was done.')
    this.exitCode = exitCode
  }
}
