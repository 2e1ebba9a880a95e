import type { OperationContext } from '@trpc/client'
import type { Session } from './session.ts'

const startedBy = 'tasklane.startedBy'
const wantedWhile = 'tasklane.wantedWhile'

/** Who was signed in when the first request left. */
class Starter {
  #user: { id: string | undefined } | undefined

  isStill(session: Session | undefined): boolean {
    this.#user ??= { id: session?.userId }
    return this.#user.id === session?.userId
  }
}

/**
 * The context of requests that go on with what one user has begun. They are sent by nobody, and so are
 * refused, once another user has signed in.
 */
export function asOneUser(context: OperationContext = {}): OperationContext {
  return isBegunByOneUser(context) ? context : { ...context, [startedBy]: new Starter() }
}

/** The context of a request that is sent by nobody, and so refused, once `isWanted` gives false. */
export function onlyWhile(isWanted: () => boolean): OperationContext {
  return { [wantedWhile]: isWanted }
}

export function isBegunByOneUser(context: OperationContext): boolean {
  return context[startedBy] instanceof Starter
}

/** Whether a request of this context may be sent with the session. */
export function isStillOf(context: OperationContext, session: Session | undefined): boolean {
  const { [startedBy]: starter, [wantedWhile]: isWanted } = context
  if (typeof isWanted === 'function' && !isWanted()) return false
  return !(starter instanceof Starter) || starter.isStill(session)
}
