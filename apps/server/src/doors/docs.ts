import { readFileSync } from 'node:fs'
import swagger, { type FastifyStaticSwaggerOptions } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { openApiDocument } from '../rest/openapi.ts'

/** The same from the sources and from what is built of them. */
const read = (file: string) => readFileSync(new URL(`../../static/docs/${file}`, import.meta.url), 'utf8')

/** Everything comes from this server. The user interface styles its elements itself. */
const contentSecurityPolicy = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
}

/** Documents to try out, at `/docs`: Swagger UI, with a sign-in of ours. */
export async function docsDoor(app: FastifyInstance): Promise<void> {
  const specification = { document: openApiDocument() } as FastifyStaticSwaggerOptions['specification']
  await app.register(swagger, { mode: 'static', specification })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    uiConfig: {
      ...{ layout: 'BaseLayout', deepLinking: true, docExpansion: 'list', filter: true },
      ...{ displayRequestDuration: true, tryItOutEnabled: true, validatorUrl: null },
    },
    theme: {
      title: 'Tasklane API',
      js: [{ filename: 'sign-in.js', content: read('sign-in.js') }],
      css: [{ filename: 'sign-in.css', content: read('sign-in.css') }],
    },
  })
}
