import { createClient, reasonOf } from '@tasklane/client'

export interface Account {
  email: string
  password: string
}

export const accepted = '200'
export const tooBusy = '503 TOO_BUSY with Retry-After'

export interface Storm {
  url: string
  /** Who logs in, in turn. */
  accounts: readonly Account[]
  logIns: number
  signal: AbortSignal
}

/**
 * Sends all log-ins at once, each in an HTTP request of its own, and waits for every answer. Gives how
 * each was answered: `accepted`, `tooBusy`, or what else came.
 */
export async function sendStorm({ url, accounts, logIns, signal }: Storm): Promise<string[]> {
  const inTurn = Array.from({ length: Math.ceil(logIns / accounts.length) }, () => accounts).flat()
  return await Promise.all(inTurn.slice(0, logIns).map((account) => logIn({ url, account, signal })))
}

async function logIn({ url, account, signal }: Pick<Storm, 'url' | 'signal'> & { account: Account }) {
  const answered: { status?: number; retryAfter?: string | null } = {}
  const client = createClient({
    url,
    fetch: async (target, init) => {
      const res = await fetch(target, init)
      answered.status = res.status
      answered.retryAfter = res.headers.get('retry-after')
      return res
    },
  })
  const { email, password } = account
  const call = client.auth.logIn.mutate({ usernameOrEmail: email, password }, { signal })
  const reason = await call.then(
    () => undefined,
    (error: unknown) => reasonOf(error) ?? 'without a reason',
  )
  const { status, retryAfter } = answered
  if (status === undefined) return 'no answer'
  const hint = /^\d+$/.test(retryAfter ?? '') ? 'with Retry-After' : 'without Retry-After'
  return [status, reason, status === 200 ? undefined : hint].filter((word) => word !== undefined).join(' ')
}
