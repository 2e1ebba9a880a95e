import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { readCaller, sealCaller } from './caller.ts'

/** Who the app takes the caller for. */
function seenBy(proxies: number, sent: Record<string, string>): string | undefined {
  const req = { headers: { ...sent }, socket: { remoteAddress: '192.0.2.1' } } as unknown as IncomingMessage
  sealCaller(req, proxies)
  return readCaller(new Headers(req.headers as Record<string, string>))
}

describe('the caller of the app', () => {
  it('is the address of its socket, whatever it says', () => {
    expect(seenBy(0, {})).toBe('192.0.2.1')
    expect(seenBy(0, { 'x-forwarded-for': '198.51.100.9', 'x-tasklane-caller': 'a 198.51.100.9' })).toBe(
      '192.0.2.1',
    )
  })

  it.each([
    [1, '198.51.100.9', '198.51.100.9'],
    [1, 'spoofed, 198.51.100.9', '198.51.100.9'],
    [2, 'spoofed, 198.51.100.9, 203.0.113.1', '198.51.100.9'],
    [3, '198.51.100.9', '198.51.100.9'],
    [1, '', '192.0.2.1'],
  ])('behind %i proxies that say %j is %s', (proxies, forwarded, address) => {
    expect(seenBy(proxies, { 'x-forwarded-for': forwarded })).toBe(address)
  })

  it('is unknown when the header was not set here', () => {
    seenBy(0, {})
    expect(readCaller(new Headers({ 'x-tasklane-caller': 'made-up 198.51.100.9' }))).toBeUndefined()
    expect(readCaller(new Headers())).toBeUndefined()
  })

  it('brings no session of its own to a page', () => {
    const headers = { 'x-tasklane-session': '{}', 'x-middleware-subrequest': 'proxy' }
    const req = { headers: { ...headers }, socket: {} } as unknown as IncomingMessage
    sealCaller(req, 0)
    expect(Object.keys(req.headers)).toEqual([])
  })
})
