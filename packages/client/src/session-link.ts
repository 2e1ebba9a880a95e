import type { Refresh, SignedIn } from '@tasklane/api/contract'
import type { AppRouter } from '@tasklane/api/router'
import {
  type Operation,
  type OperationContext,
  type OperationLink,
  type OperationResultEnvelope,
  TRPCClientError,
  type TRPCLink,
} from '@trpc/client'
import { type Observable, observable } from '@trpc/server/observable'
import { asError, isUnauthorized, reasonOf } from './errors.ts'
import { isSession, type Session } from './session.ts'
import type { SessionKeeper, Tokens } from './session-keeper.ts'
import { subscribeWithSession } from './session-subscription.ts'
import { isBegunByOneUser, isStillOf } from './starter.ts'

type Call = Parameters<OperationLink<AppRouter>>[0]
type Answer = OperationResultEnvelope<unknown, TRPCClientError<AppRouter>>

const repeatedAlone = 'tasklane.repeatedAlone'

/** Calls that are made without a session: they bring their own proof. */
const pathsWithoutSession = new Set([
  'auth.signUp',
  'auth.logIn',
  'auth.refresh',
  'auth.verifyEmail',
  'auth.requestPasswordReset',
  'auth.resetPassword',
])

/** Calls after which the session is over. */
const endingPaths = new Set(['auth.logOut', 'auth.logOutEverywhere', 'auth.deleteAccount'])

interface SessionLink {
  link: TRPCLink<AppRouter>
  /** Puts the access token to send with these calls, if there is one, into their headers as their request leaves. */
  authorize(headers: Headers, operations: Operation[]): Promise<void>
}

/** Keeps the session up to date with what the calls answer, and repeats once a call whose token was refused. */
export function createSessionLink(keeper: SessionKeeper): SessionLink {
  const sentWith = new WeakMap<OperationContext, Session>()

  /** Gives whether a call that was refused can be made again, by the same user. */
  async function renewFor(context: OperationContext): Promise<boolean> {
    const session = sentWith.get(context)
    return session !== undefined && (await keeper.renew(session))
  }

  async function callWithSession({ op, next }: Call): Promise<Answer> {
    const context = { ...op.context }
    try {
      return await send({ op: { ...op, context }, next })
    } catch (error) {
      if (!isUnauthorized(error) || !(await renewFor(context))) throw error
      op.signal?.throwIfAborted()
      return await send({ op: { ...op, context: { ...op.context } }, next })
    }
  }

  async function callAndEnd(call: Call): Promise<Answer> {
    const session = await keeper.current()
    try {
      const answer = await callWithSession(call)
      if (session) await keeper.end(session)
      return answer
    } catch (error) {
      if (session && isUnauthorized(error)) await keeper.end(session)
      throw error
    }
  }

  /** Not while the session before it is refreshed: a late answer would put that in its place. */
  async function callAndStart(call: Call): Promise<Answer> {
    const answer = await callWithSession(call)
    const { user, ...tokens } = dataOf<SignedIn>(answer)
    const session = { userId: user.id, ...tokensOf(tokens) }
    if (!isSession(session)) throw new Error('The server answered with tokens that cannot be sent')
    await keeper.start(session)
    return answer
  }

  async function perform(call: Call): Promise<Answer> {
    const { path, input } = call.op
    if (endingPaths.has(path)) return await callAndEnd(call)
    if (path === 'auth.signUp' || path === 'auth.logIn')
      return await keeper.exclusively(() => callAndStart(call))
    const answer = await callWithSession(call)
    if (path === 'auth.refresh') {
      await keeper.replace((input as Refresh).refreshToken, tokensOf(dataOf<Tokens>(answer)))
    }
    return answer
  }

  return {
    authorize: async (headers, operations) => {
      if (operations.some(({ path }) => pathsWithoutSession.has(path))) return
      const session = await keeper.current()
      if (!operations.every(({ context }) => isStillOf(context, session))) {
        headers.delete('authorization')
      } else if (session) {
        for (const { context } of operations) sentWith.set(context, session)
        headers.set('authorization', `Bearer ${session.accessToken}`)
      }
    },
    link: () => (call) =>
      call.op.type === 'subscription'
        ? subscribeWithSession(call, renewFor)
        : observe(call, () => perform(call)),
  }
}

/** Repeats a call alone when the batch it was part of was too large for it: it was not run. */
async function send({ op, next }: Call): Promise<Answer> {
  try {
    return await firstOf(next(op))
  } catch (error) {
    const reason = reasonOf(error)
    if (reason !== 'PAYLOAD_TOO_LARGE' && reason !== 'ANSWER_TOO_LARGE') throw error
    return await firstOf(next({ ...op, context: { ...op.context, [repeatedAlone]: true } }))
  }
}

/** Whether a call must not be joined with others. */
export function isSentAlone({ path, context }: Operation): boolean {
  return path.startsWith('auth.') || context[repeatedAlone] === true || isBegunByOneUser(context)
}

/** Fails as soon as the call is aborted: tRPC lets a batch go on until all of its calls are. */
function observe({ op: { signal } }: Call, perform: () => Promise<Answer>) {
  return observable<Answer, TRPCClientError<AppRouter>>((observer) => {
    const fail = (cause: unknown) => observer.error(TRPCClientError.from(asError(cause)))
    const abort = () => fail(signal?.reason)
    if (signal?.aborted) return abort()
    signal?.addEventListener('abort', abort)
    perform().then((answer) => {
      observer.next(answer)
      observer.complete()
    }, fail)
    return () => signal?.removeEventListener('abort', abort)
  })
}

function firstOf<T>(source: Observable<T, unknown>): Promise<T> {
  return new Promise((resolve, reject) => {
    source.subscribe({ next: resolve, error: reject })
  })
}

function dataOf<T>({ result }: Answer): T {
  return ('data' in result ? result.data : undefined) as T
}

function tokensOf({ accessToken, refreshToken }: Tokens): Tokens {
  return { accessToken, refreshToken }
}
