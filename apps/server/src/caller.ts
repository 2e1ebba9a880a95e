import type { Caller } from '@tasklane/api'
import type { FastifyRequest } from 'fastify'
import { callerAddress } from './caller-address.ts'

/** Who sends a request, as far as HTTP tells. */
export function callerOf(req: FastifyRequest): Caller {
  return {
    authorization: valuesOf('authorization', req),
    ipAddress: callerAddress(req),
    userAgent: req.headers['user-agent'],
    log: req.log,
  }
}

/** Every occurrence of a header. `req.headers` keeps the first one only. */
function valuesOf(wanted: string, { raw: { rawHeaders } }: FastifyRequest): string[] {
  const isWanted = (index: number) => rawHeaders[index]?.toLowerCase() === wanted
  return rawHeaders.filter((_text, index) => index % 2 === 1 && isWanted(index - 1))
}
