import type { FastifyInstance } from 'fastify'

interface PublicDocument {
  url: string
  contentType: string
  /** How long a caller may keep it. */
  keptSeconds: number
  body: () => Buffer
}

/** One document that anybody may read, also a page of another origin. */
export function servePublicDocument(
  app: FastifyInstance,
  { url, contentType, keptSeconds, body }: PublicDocument,
): void {
  const cors = { origin: '*', credentials: false, exposedHeaders: [], methods: ['GET', 'HEAD'] }
  app.route({
    method: ['GET', 'OPTIONS'],
    url,
    config: { cors },
    // As bytes: not every type knows a charset, which a text would be given.
    handler: async (_req, res) =>
      res.header('cache-control', `public, max-age=${keptSeconds}`).type(contentType).send(body()),
  })
}
