import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createBackend } from './fixtures/backend.ts'
import { createLoopbackServer } from './fixtures/server.ts'

/** A program that watches, ends its watch in one way, and says which timers are left. */
const program = `
import { createClient } from '@tasklane/client'

const [url, way] = process.argv.slice(2)
const account = { email: way + '@example.com', password: 'Correct1Horse' }
const awaited = { connecting: 'tasks.onChange', loading: 'tasks.list', waiting: 'tasks.onChange' }[way]
let left = way === 'waiting' ? 4 : 1
let asked
const isAsked = new Promise((resolve) => { asked = resolve })
const client = createClient({
  url,
  fetch: (target, init) => {
    if (String(target).includes(awaited) && --left === 0) setTimeout(asked, 50)
    return fetch(target, init)
  },
})
await client.auth.signUp.mutate(account)
const abort = new AbortController()
const abortWhenAsked = () => isAsked.then(() => abort.abort())

const ways = {
  async break() {
    for await (const page of client.tasks.watch()) {
      gc()
      break
    }
  },
  async abort() {
    const watch = client.tasks.watch({ signal: abort.signal })
    await watch.next()
    gc()
    const pending = watch.next()
    abort.abort()
    await pending
  },
  async connecting() {
    await Promise.all([client.tasks.watch({ signal: abort.signal }).next(), abortWhenAsked()])
  },
  async loading() {
    await Promise.all([client.tasks.watch({ signal: abort.signal, since: 99 }).next(), abortWhenAsked()])
  },
  async waiting() {
    await Promise.all([client.tasks.watch({ signal: abort.signal }).next(), abortWhenAsked()])
  },
  async error() {
    await client.tasks.watch({ since: -1 }).next().catch((error) => console.log(error.data.reason))
  },
}
await ways[way]()
console.log(JSON.stringify(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')))
`

const folder = new URL('../node_modules/.cache/watch-process/', import.meta.url)
const file = fileURLToPath(new URL('program.mjs', folder))

let database: Database

beforeAll(async () => {
  database = await createTestDatabase()
  const resolveDir = fileURLToPath(new URL('..', import.meta.url))
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir },
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  })
  await mkdir(folder, { recursive: true })
  await writeFile(file, outputFiles[0]?.text ?? '')
})

afterAll(() => database.close())

it.each(['break', 'abort', 'connecting', 'loading', 'waiting', 'error'])(
  'a process ends by itself, with nothing left of its watch on the server, after %s',
  async (way) => {
    const backend = createBackend(database)
    const server = await createLoopbackServer(backend)
    backend.between = async ({ paths: [path] }, forward) => {
      const isHeld =
        way === 'connecting' ? path === 'tasks.onChange' : way === 'loading' && path === 'tasks.list'
      if (isHeld) return await new Promise(() => {})
      if (way === 'waiting' && path === 'tasks.onChange') return new Response('', { status: 503 })
      return await forward()
    }
    const options = ['--expose-gc', file, server.url, way]
    const { stdout } = await promisify(execFile)(process.execPath, options, { timeout: 30_000 })
    expect(stdout).toBe(way === 'error' ? 'INPUT_INVALID\n[]\n' : '[]\n')
    await backend.streams.until(0)
  },
  40_000,
)
