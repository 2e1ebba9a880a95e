import { createDependencies, type Dependencies, type Settings } from '@tasklane/api'
import { createTestBackend, type TestBackend, testSettings } from '@tasklane/api/testing'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { type AppOptions, buildApp } from './app.ts'

/** The whole server on a database of its own, reached without a port. */
export interface TestServer {
  app: FastifyInstance
  backend: TestBackend
  /** `fetch` for a typed client: hands the request to the server in this process. */
  fetch: typeof fetch
  /** Another process on the same database, with settings of its own. */
  beside(options?: TestServerOptions): Promise<TestServer>
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
  const server = await serve(backend, options)
  return { ...server, close: () => server.close().then(backend.close) }
}

async function serve(
  backend: TestBackend,
  options: Partial<Omit<AppOptions, 'dependencies'>>,
): Promise<TestServer> {
  const { dependencies } = backend
  const app = await buildApp({ isReady: async () => true, ...options, dependencies })
  return {
    app,
    backend,
    fetch: injectedFetch(app),
    beside: ({ settings, ...others } = {}) =>
      serve({ ...backend, dependencies: dependenciesBeside(backend, settings) }, others),
    async close() {
      await app.close()
      await dependencies.background.settled()
    },
  }
}

function dependenciesBeside(
  { database: { db }, dependencies: { log, now } }: TestBackend,
  settings: Partial<Settings> = {},
): Dependencies {
  return createDependencies({ db, log, now, settings: { ...testSettings, ...settings } })
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
