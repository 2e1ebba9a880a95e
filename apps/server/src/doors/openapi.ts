import type { FastifyInstance } from 'fastify'
import { openApiDocument, openApiPath } from '../rest/openapi.ts'
import { servePublicDocument } from './public-document.ts'

/** The description of the REST door. */
export function openApiDoor(app: FastifyInstance): void {
  const body = Buffer.from(JSON.stringify(openApiDocument()))
  servePublicDocument(app, {
    url: openApiPath,
    contentType: 'application/json; charset=utf-8',
    keptSeconds: 60,
    body: () => body,
  })
}
