import { AppError } from '@tasklane/api'
import type { FastifyInstance, HTTPMethods } from 'fastify'

/**
 * Answers 405 to every method that a path does not know, with those that it knows in `Allow`. RFC 9110 §15.5.6.
 * Call it before the paths are registered, and what it gives when all of them are. Patterns are left alone.
 */
export function refuseOtherMethods(app: FastifyInstance): () => void {
  const urls = new Set<string>()
  app.addHook('onRoute', ({ url }) => void urls.add(url))
  return () => {
    for (const url of [...urls].filter((each) => !each.includes('*'))) {
      const knows = (method: string) =>
        method === 'OPTIONS' || app.hasRoute({ method: method as HTTPMethods, url })
      const allowed = app.supportedMethods.filter(knows).sort().join(', ')
      const others = app.supportedMethods.filter((method) => !knows(method))
      if (others.length === 0) continue
      app.route({
        method: others as HTTPMethods[],
        url,
        handler: (_req, res) => {
          res.header('allow', allowed)
          throw new AppError('METHOD_NOT_SUPPORTED')
        },
      })
    }
  }
}
