/** The password to sign in with, so that it need not be typed or stand in a list of processes. */
export function readPassword(): string | undefined {
  return process.env['TASKLANE_PASSWORD'] || undefined
}

/** What programs that are started from here inherit. */
export function environment(): Record<string, string | undefined> {
  return { ...process.env }
}
