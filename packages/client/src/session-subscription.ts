import type { AppRouter } from '@tasklane/api/router'
import {
  type OperationContext,
  type OperationLink,
  type OperationResultEnvelope,
  TRPCClientError,
} from '@trpc/client'
import { type Observable, observable, type Unsubscribable } from '@trpc/server/observable'
import { continueFrom } from './continue-from.ts'
import { asError, isUnauthorized } from './errors.ts'
import { asOneUser } from './starter.ts'

type Call = Parameters<OperationLink<AppRouter>>[0]
type Failure = TRPCClientError<AppRouter>
type Answer = OperationResultEnvelope<unknown, Failure>

/** A stream that lives for so long was not refused at its start, though it may have had nothing to say. */
const acceptedMilliseconds = 5_000

/**
 * Subscribes again, from the last event that had an id, when the token was refused and could be renewed.
 * A renewed token that is refused at once is not renewed again.
 */
export function subscribeWithSession(
  { op, next }: Call,
  renewFor: (context: OperationContext) => Promise<boolean>,
): Observable<Answer, Failure> {
  return observable((observer) => {
    const base = asOneUser(op.context)
    let { input } = op
    let inner: Unsubscribable | undefined
    let isEnded = false

    function connect(isRenewed: boolean): void {
      const context = { ...base }
      const connectedAt = Date.now()
      let isAccepted = !isRenewed
      inner = next({ ...op, input, context }).subscribe({
        next: (answer) => {
          if ('data' in answer.result) isAccepted = true
          if ('id' in answer.result) input = continueFrom(input, answer.result.id)
          observer.next(answer)
        },
        error: (error) => {
          isAccepted ||= Date.now() - connectedAt >= acceptedMilliseconds
          if (isAccepted && isUnauthorized(error)) void renew(error, context)
          else observer.error(error)
        },
        complete: () => observer.complete(),
      })
      if (isEnded) inner.unsubscribe()
    }

    async function renew(refusal: Failure, context: OperationContext): Promise<void> {
      const abort = () => observer.complete()
      op.signal?.addEventListener('abort', abort)
      observer.next({ result: { type: 'state', state: 'connecting', error: null } })
      try {
        const isRenewed = await renewFor(context)
        if (isEnded) return
        if (isRenewed) connect(true)
        else observer.error(refusal)
      } catch (cause) {
        observer.error(TRPCClientError.from(asError(cause)))
      } finally {
        op.signal?.removeEventListener('abort', abort)
      }
    }

    connect(false)
    return () => {
      isEnded = true
      inner?.unsubscribe()
      observer.complete()
    }
  })
}
