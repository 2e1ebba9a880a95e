import { isIP, isIPv4 } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Env } from './env.ts'

/** Fastify's form of the setting. A number trusts so many of the nearest hops, whatever their addresses. */
export function trustedProxies(setting: Env['trustProxy']) {
  if (typeof setting === 'number') return (_address: string, hop: number) => hop < setting
  return typeof setting === 'object' ? [...setting] : false
}

/** Who calls, as the database stores it: IPv4 without its IPv6 mapping, IPv6 without its zone. */
export function callerAddress(req: FastifyRequest): string | undefined {
  return plainAddress(req.ip) ?? plainAddress(req.socket.remoteAddress ?? '')
}

/** Gives `undefined` for what is no address: a proxy may have passed on anything, such as a port. */
function plainAddress(named: string): string | undefined {
  const address = named.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1')
  const mapped = address.replace(/^::ffff:/i, '')
  if (isIPv4(mapped)) return mapped
  const plain = address.split('%', 1)[0] ?? ''
  return isIP(plain) ? plain : undefined
}
