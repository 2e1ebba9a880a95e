/** Something that happened, said for a few seconds. */
export interface Notification {
  text: string
  /** Takes it back. */
  undo?: (() => void) | undefined
  /** Default `done`. */
  kind?: 'done' | 'error'
}

type Listener = (notification: Notification) => void

/** What was said before somebody could show it. */
let waiting: Notification[] = []
let listener: Listener | undefined
let onFirst: (() => void) | undefined

export function notify(notification: Notification): void {
  if (listener) listener(notification)
  else {
    waiting.push(notification)
    onFirst?.()
  }
}

/** Whether anything has to be shown, for whoever loads what shows it. */
export function whenFirstNotified(call: () => void): () => void {
  onFirst = call
  if (waiting.length > 0) call()
  return () => {
    onFirst = undefined
  }
}

export function showNotifications(show: Listener): () => void {
  listener = show
  const before = waiting
  waiting = []
  for (const notification of before) show(notification)
  return () => {
    listener = undefined
  }
}

/** Says why something did not work. */
export function notifyFailure(error: unknown): void {
  notify({ kind: 'error', text: failureText(error) })
}

export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return 'Something went wrong'
  // What the server itself says comes with its reason.
  const isUnanswered = error.name === 'TRPCClientError' && !('data' in error && error.data)
  return isUnanswered ? 'The server cannot be reached. Try again in a moment.' : error.message
}
