import { describeError } from '@tasklane/db'
import { type DestinationStream, type Logger, pino } from 'pino'
import pretty from 'pino-pretty'
import type { Env } from './env.ts'

/** JSON lines on standard output, or where told; readable ones on a terminal. */
export function createLog(
  { logLevel, isProduction }: Pick<Env, 'logLevel' | 'isProduction'>,
  destination?: DestinationStream,
): Logger {
  const options = {
    level: logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // Fastify's own lines name an error so. Its text may hold a statement's parameters.
    serializers: { err: describeError },
  }
  if (destination) return pino(options, destination)
  const isTerminal = process.stdout.isTTY && !isProduction
  return isTerminal ? pino(options, pretty({ sync: true, ignore: 'reqId' })) : pino(options)
}
