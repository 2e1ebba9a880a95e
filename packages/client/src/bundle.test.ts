import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createBackend } from './fixtures/backend.ts'
import { newAccount } from './fixtures/client.ts'

const sizeMaxBytes = 16_000

/** What a page would hold. It answers as text, for the test does not share its objects. */
const program = `
import { browserStore, createClient, reasonOf } from '@tasklane/client'

globalThis.useClient = async (account) => {
  const client = createClient({ url: 'http://server.test', session: browserStore() })
  const { user } = await client.auth.signUp.mutate(account)
  globalThis.passTime()
  const [task, ...lists] = await Promise.all([
    client.tasks.create.mutate({ title: 'From a page' }),
    client.tasks.list.query(),
    client.tasks.list.query(),
  ])
  const stored = JSON.parse(localStorage.getItem('tasklane.session'))
  const watched = []
  for await (const { changes } of client.tasks.watch({ since: 0 })) {
    watched.push(...changes.map(({ task }) => task.createdAt instanceof Date && task.title))
    globalThis.passTime()
    if (watched.length > 1) break
    await client.tasks.create.mutate({ title: 'From a page too' })
  }
  await client.auth.logOut.mutate()
  const reason = await client.auth.me.query().catch(reasonOf)
  return JSON.stringify({
    isOwn: task.userId === user.id && stored.userId === user.id,
    isDate: task.createdAt instanceof Date,
    lists: lists.length,
    watched,
    reason,
    left: localStorage.getItem('tasklane.session'),
  })
}
`

/** A fetch of the page's own world around the test's. */
const pageFetch = `
globalThis.fetch = async (url, init) => {
  if (url.includes('onChange')) return await globalThis.open(url, init)
  const text = await globalThis.request(url, init)
  return { ok: true, json: async () => JSON.parse(text) }
}
`

let database: Database
let code: string
let sources: string[]

beforeAll(async () => {
  database = await createTestDatabase()
  const { outputFiles, metafile } = await build({
    stdin: { contents: program, resolveDir: fileURLToPath(new URL('..', import.meta.url)) },
    bundle: true,
    platform: 'browser',
    format: 'esm',
    minify: true,
    metafile: true,
    write: false,
    outfile: 'page.js',
  })
  code = outputFiles[0]?.text ?? ''
  const inputs = metafile.outputs['page.js']?.inputs ?? {}
  sources = Object.keys(inputs).filter((path) => (inputs[path]?.bytesInOutput ?? 0) > 0)
})

afterAll(() => database.close())

it('holds the client, the contract it needs and their libraries: nothing of the server, of zod or of Node', () => {
  const packages = sources.filter((path) => path.includes('node_modules/')).map(packageOf)
  expect([...new Set(packages)].sort()).toEqual(['@trpc/client', '@trpc/server'])
  const ours = sources.filter((path) => !path.includes('node_modules/') && !path.startsWith('dist/'))
  expect(ours.sort()).toEqual(['../api/dist/contract-version.js', '../api/dist/limits.js', '<stdin>'])
  expect(code).not.toMatch(/node:|require\(|process\.env/)
})

it(`weighs at most ${sizeMaxBytes} bytes gzipped`, () => {
  const sizeBytes = gzipSync(code, { level: 9 }).length
  console.log(`Browser bundle: ${code.length} bytes, ${sizeBytes} gzipped`)
  expect(sizeBytes).toBeGreaterThan(1000)
  expect(sizeBytes).toBeLessThanOrEqual(sizeMaxBytes)
})

it('signs up, refreshes, batches, watches, logs out and names reasons with web globals alone', async () => {
  const backend = createBackend(database)
  const items = new Map<string, string>()
  const page = createContext({
    ...{ URL, Headers, FormData, Blob, TextDecoder, AbortController, AbortSignal, setTimeout, clearTimeout },
    localStorage: {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
      removeItem: (key: string) => void items.delete(key),
    },
    passTime: () => backend.advanceClock(1000),
    open: backend.fetch,
    request: async (url: string, init: RequestInit) =>
      JSON.stringify(await (await backend.fetch(url, init)).json()),
  })
  runInContext(pageFetch, page)
  runInContext(code, page)
  const answer = await page['useClient'](newAccount())
  expect(JSON.parse(answer)).toEqual({
    isOwn: true,
    isDate: true,
    lists: 2,
    watched: ['From a page', 'From a page too'],
    reason: 'AUTHENTICATION_REQUIRED',
    left: null,
  })
  expect(backend.calls('auth.refresh')).toBe(3)
  await backend.streams.until(0)
})

function packageOf(path: string): string {
  const [scope = '', name = ''] = path
    .slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    .split('/')
  return scope.startsWith('@') ? `${scope}/${name}` : scope
}
