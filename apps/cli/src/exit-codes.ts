/** What the exit code of `tasklane` tells. */
export const exitCodes = {
  ok: 0,
  /** The server, or a file of the caller's, refused something. The same call is refused again. */
  refused: 1,
  /** It was called in a way that it does not know. Nothing was sent. */
  usage: 2,
  notSignedIn: 3,
  /** No answer, or "not now". The same call may succeed later. */
  unavailable: 4,
  /** A fault of `tasklane` itself. As `EX_SOFTWARE` of sysexits.h. */
  fault: 70,
  /** 128 and the number of SIGINT. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** For `--help`. */
export const exitCodesText = `Exit codes:
  0    all was done
  1    the server refused it, or a part of it
  2    called in a way that tasklane does not know; nothing was sent
  3    not signed in
  4    the server did not answer, or not now: the same may succeed later
  70   a fault of tasklane itself
  130  interrupted (Ctrl-C)`
