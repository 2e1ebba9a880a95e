import type { FastifyInstance } from 'fastify'
import { openApiDocument, openApiPath } from '../rest/openapi.ts'

/** How long a caller may keep it. */
const keptSeconds = 60

/** The description of the REST door. Anybody may read it. */
export function openApiDoor(app: FastifyInstance): void {
  const body = Buffer.from(JSON.stringify(openApiDocument()))
  const cors = { origin: '*', credentials: false, exposedHeaders: [], methods: ['GET', 'HEAD'] }
  app.route({
    method: ['GET', 'OPTIONS'],
    url: openApiPath,
    config: { cors },
    handler: async (_req, res) =>
      res
        .header('cache-control', `public, max-age=${keptSeconds}`)
        .type('application/json; charset=utf-8')
        .send(body),
  })
}
