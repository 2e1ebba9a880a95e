import type { Dependencies } from '@tasklane/api'
import type { FastifyInstance } from 'fastify'
import { servePublicDocument } from './public-document.ts'

/** The public keys by which other services check our access tokens. RFC 7517 §5. */
export function jwksDoor(app: FastifyInstance, { signingKeys }: Pick<Dependencies, 'signingKeys'>): void {
  servePublicDocument(app, {
    url: '/.well-known/jwks.json',
    contentType: 'application/jwk-set+json',
    // Shorter than a key is published before it signs.
    keptSeconds: 300,
    body: () => Buffer.from(JSON.stringify({ keys: signingKeys.publicKeys() })),
  })
}
