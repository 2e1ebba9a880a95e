import { isUtf8 } from 'node:buffer'
import { AppError } from '@tasklane/api'
import type { FastifyInstance } from 'fastify'

/** JSON is the only type of a body, and `read` makes of its text what a route is given. */
export function takeJsonAlone(app: FastifyInstance, read: (text: string) => unknown): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_req: unknown, body: Buffer) => {
    // Decoding would replace what is not UTF-8, and store something else than was sent.
    if (!isUtf8(body)) throw new AppError('INPUT_MALFORMED')
    return read(body.toString())
  })
}
