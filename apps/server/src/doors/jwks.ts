import type { Dependencies } from '@tasklane/api'
import type { FastifyInstance } from 'fastify'

/** Shorter than a key is published before it signs. */
const keptSeconds = 300

/** The public keys by which other services check our access tokens. Anybody may read them. RFC 7517 §5. */
export function jwksDoor(app: FastifyInstance, { signingKeys }: Pick<Dependencies, 'signingKeys'>): void {
  const cors = { origin: '*', credentials: false, exposedHeaders: [], methods: ['GET', 'HEAD'] }
  app.route({
    method: ['GET', 'OPTIONS'],
    url: '/.well-known/jwks.json',
    config: { cors },
    // As bytes: this type knows no charset, which a text would be given.
    handler: async (_req, res) =>
      res
        .header('cache-control', `public, max-age=${keptSeconds}`)
        .type('application/jwk-set+json')
        .send(Buffer.from(JSON.stringify({ keys: signingKeys.publicKeys() }))),
  })
}
