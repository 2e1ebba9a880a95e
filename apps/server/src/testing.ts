import type { Settings } from '@tasklane/api'
import { createTestBackend, type TestBackend } from '@tasklane/api/testing'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { type AppOptions, buildApp } from './app.ts'

/** The whole server on a database of its own, reached without a port. */
export interface TestServer {
  app: FastifyInstance
  backend: TestBackend
  /** `fetch` for a typed client: hands the request to the server in this process. */
  fetch: typeof fetch
  close(): Promise<void>
}

export interface TestServerOptions extends Partial<Omit<AppOptions, 'dependencies'>> {
  settings?: Partial<Settings>
}

export async function createTestServer({
  settings,
  ...options
}: TestServerOptions = {}): Promise<TestServer> {
  const backend = await createTestBackend(settings)
  const app = await buildApp({ isReady: async () => true, ...options, dependencies: backend.dependencies })
  return {
    app,
    backend,
    fetch: injectedFetch(app),
    async close() {
      await app.close()
      await backend.close()
    },
  }
}

function injectedFetch(app: FastifyInstance): typeof fetch {
  return async (input, init) => {
    const req = new Request(input, init)
    const { pathname, search } = new URL(req.url)
    const body = await req.text()
    const res = await app.inject({
      method: req.method as NonNullable<InjectOptions['method']>,
      url: pathname + search,
      headers: Object.fromEntries(req.headers),
      ...(body !== '' && { payload: body }),
    })
    const headers = new Headers()
    for (const [name, value] of Object.entries(res.headers)) {
      for (const each of [value].flat()) if (each !== undefined) headers.append(name, String(each))
    }
    return new Response(res.statusCode === 204 ? null : res.rawPayload, { status: res.statusCode, headers })
  }
}
