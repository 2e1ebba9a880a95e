import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What only this server may say to the app. Whatever a caller sends under these names is dropped. */
const ownHeaders = ['x-tasklane-caller', 'x-tasklane-session', 'x-middleware-subrequest']

/** Shared by this server and the app, which run in one process: what the header says was said here. */
const seal: { [key: symbol]: string | undefined } = globalThis as never
const key = Symbol.for('tasklane.callerSeal')

/** Says who calls, in a header that a caller cannot set. */
export function sealCaller(req: IncomingMessage, proxies: number): void {
  for (const name of ownHeaders) delete req.headers[name]
  seal[key] ??= randomUUID()
  const address = callerOf(req, proxies)
  if (address !== undefined) req.headers['x-tasklane-caller'] = `${seal[key]} ${address}`
}

/** The address that this server has said. Nothing when the app was started by anything else. */
export function readCaller(headers: Pick<Headers, 'get'>): string | undefined {
  const [said, address] = headers.get('x-tasklane-caller')?.split(' ') ?? []
  return said !== undefined && said === seal[key] ? address : undefined
}

/** The address of the socket, or what the last of the trusted proxies has seen. */
function callerOf({ headers, socket }: IncomingMessage, proxies: number): string | undefined {
  const told = [headers['x-forwarded-for'] ?? []].flat().join(',')
  const hops = told.split(',').map((hop) => hop.trim())
  const chain = [...hops.filter(Boolean), socket.remoteAddress ?? '']
  return chain.at(-1 - Math.min(proxies, chain.length - 1)) || undefined
}
