import type { Env } from '../env.ts'
import { UsageError } from '../problems.ts'

const defaultUrl = 'http://127.0.0.1:3000'

interface Given {
  /** `--url`. */
  url: string | undefined
  env: Env
  lastUrl: string | undefined
}

/**
 * The server to call: of `--url`, of TASKLANE_URL, of the last sign-in, or else on this machine. An API token goes
 * to a server that is named with it, and not to whichever was signed in to last.
 */
export function chooseUrl({ url, env, lastUrl }: Given): string {
  const named = url ?? env.url
  if (env.token !== undefined && named === undefined)
    throw new UsageError('TASKLANE_TOKEN needs the server that it is for: set TASKLANE_URL, or give --url.')
  return normalUrl(named ?? lastUrl ?? defaultUrl)
}

/** The same text for the same server. */
function normalUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isUsable =
    url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash
  if (!isUsable) throw new UsageError(`"${text}" is not the address of a server, such as ${defaultUrl}`)
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** Whether what is sent there can be read on the way. */
export function isReadableOnTheWay(text: string): boolean {
  const { protocol, hostname } = new URL(text)
  return protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
}
