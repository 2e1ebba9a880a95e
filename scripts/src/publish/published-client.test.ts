import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { createTestServer, type TestServer } from '@tasklane/server/testing'
import { build } from 'esbuild'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addPeers,
  addPrograms,
  compile,
  compilers,
  type InstalledClient,
  installClient,
} from './fixtures/installed-client.ts'

const sizeMaxBytes = 16_000
const instantiationsMax = 2_000

/** Words of the server's insides, and of what nobody should need. */
const forbidden =
  /drizzle|fastify|\bzod\b|postgres|pglite|argon2|\bjose\b|passwordHash|@tasklane\/(api|db)|node:http/i

const run = promisify(execFile)
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))

let client: InstalledClient
let server: TestServer
let url: string

beforeAll(async () => {
  ;[client, server] = await Promise.all([installClient(), createTestServer()])
  url = await server.app.listen({ host: '127.0.0.1', port: 0 })
  await addPrograms(client, {
    consumer: file('../../../packages/client/src/fixtures/consumer.ts'),
    'complete-a-task': file('fixtures/complete-a-task.ts'),
    'consumer-page': file('../../../packages/client/src/fixtures/consumer-page.ts'),
  })
}, 120_000)
afterAll(() => Promise.all([client.remove(), server.close()]))

/** What each declares by the words of others. */
const imports: Record<string, string[]> = {
  'index.d.ts': [],
  'next.d.ts': ['./index.js'],
  'node.d.ts': ['./index.js'],
  'react.d.ts': ['./index.js', '@tanstack/react-query', 'react'],
}

const majorOf = (compiler: string) => /\d+/.exec(compiler)?.[0] ?? ''
const textOf = (path: string) => readFile(join(client.folder, path), 'utf8')

describe('the package', () => {
  it('needs no other package, and says so', async () => {
    const described = JSON.parse(await textOf('package.json'))
    expect(described).not.toHaveProperty('dependencies')
    expect(Object.keys(described.exports)).toEqual(['.', './next', './node', './react'])
    expect((await readdir(client.folder)).sort()).toEqual(['LICENSE', 'README.md', 'npm', 'package.json'])
    expect(await readdir(join(client.project, 'node_modules'))).toEqual(['.package-lock.json', '@tasklane'])
  })

  it('comes with the licence of whatever is part of it', async () => {
    const licenses = await textOf('npm/THIRD-PARTY-LICENSES.txt')
    const named = [...licenses.matchAll(/^(\S+) \d[\d.]* \(MIT\)$/gm)].map(([, name]) => name)
    expect(named).toEqual(['@trpc/client', '@trpc/server', '@trpc/tanstack-react-query'])
    expect(licenses.match(/Permission is hereby granted/g)).toHaveLength(named.length)
  })

  it('is as publint wants it', async () => {
    const { messages, pkg } = await publint({ pkgDir: client.folder, strict: true, pack: false })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  it('has types that are found wherever they are looked for', { timeout: 60_000 }, async () => {
    const attw = file('../../node_modules/.bin/attw')
    // It fails, and so rejects, for each problem but those of readers that have no ESM.
    const { stdout } = await run(attw, [client.tarball, '--profile', 'esm-only', '--format', 'json'])
    expect(Object.keys(JSON.parse(stdout).analysis.entrypoints)).toEqual(['.', './next', './node', './react'])
  })
})

it('marks as of the browser what is of use there alone, and nothing else of the bindings', async () => {
  const isMarked = /^(['"])use client\1/
  const files = (await readdir(join(client.folder, 'npm'))).filter((name) => name.endsWith('.js'))
  const texts = await Promise.all(files.map(async (name) => [name, await textOf(`npm/${name}`)] as const))
  const marked = texts.filter(([, text]) => isMarked.test(text))
  expect(marked.map(([name]) => name)).toEqual(['react-provider.js'])
  const [, provider] = marked[0] ?? []
  for (const name of ['TasklaneProvider', 'useTasklane', 'useLiveTasks'])
    expect(provider).toContain(`function ${name}(`)
  expect(await textOf('npm/react.js')).toContain('./react-provider.js')
  expect(texts.filter(([, text]) => text.includes('function TasklaneProvider('))).toHaveLength(1)
  for (const name of ['createQueryClient', 'createTasklaneApi'])
    expect(provider).not.toContain(`function ${name}(`)
})

describe('the declarations', () => {
  it('are one file for each import, with nothing of the server in it', async () => {
    const files = (await readdir(join(client.folder, 'npm'))).filter((name) => name.endsWith('.d.ts'))
    expect(files.sort()).toEqual(Object.keys(imports))
    for (const name of files) {
      const text = (await textOf(`npm/${name}`)).replaceAll(/\/\*[\s\S]*?\*\//g, '')
      expect(text).not.toMatch(forbidden)
      expect(text).not.toMatch(/\bimport\(|\brequire\(|^\/\/\/ </m)
      const imported = [...text.matchAll(/^import .* from '([^']+)';$/gm)].map(([, from]) => from)
      expect(imported.length).toBe([...text.matchAll(/^import\b/gm)].length)
      expect(new Set(imported)).toEqual(new Set(imports[name]))
    }
    expect(await textOf('npm/index.d.ts')).toContain('AppRouter')
  })

  it.each(Object.keys(compilers) as (keyof typeof compilers)[])(
    'compile strictly with %s, libraries checked too',
    { timeout: 120_000 },
    async (compiler) => {
      const programs = ['consumer', 'complete-a-task']
      const node = { compiler, programs, moduleResolution: 'NodeNext', skipLibCheck: false } as const
      const { output, version } = await compile(client, node)
      expect([output, version]).toEqual(['', expect.stringContaining(majorOf(compiler))])
      const page = {
        ...node,
        programs: ['complete-a-task'],
        moduleResolution: 'Bundler',
        skipLibCheck: true,
      } as const
      const { output: others, instantiations } = await compile(client, page)
      expect(others).toBe('')
      console.log(`${compiler}: ${instantiations} type instantiations`)
      expect(instantiations).toBeGreaterThan(100)
      expect(instantiations).toBeLessThanOrEqual(instantiationsMax)
      await addPeers(client)
      const bindings = await compile(client, { ...page, programs: ['consumer-page'], skipLibCheck: false })
      expect(bindings.output).toBe('')
    },
  )
})

it('completes a task of a live server, as it was compiled', async () => {
  const settings = { compiler: 'TypeScript 5.9', moduleResolution: 'NodeNext', skipLibCheck: false } as const
  expect(await compile(client, { ...settings, programs: ['complete-a-task'] })).toMatchObject({ output: '' })
  const { stdout } = await run(process.execPath, ['out/complete-a-task.js', url], { cwd: client.project })
  expect(JSON.parse(stdout)).toEqual({
    isDate: true,
    dueDate: '2026-12-24',
    late: { reason: 'VERSION_CONFLICT', version: 2 },
    titles: ['Buy milk'],
  })
})

it(`weighs at most ${sizeMaxBytes} bytes in a page, gzipped, with tRPC's client`, async () => {
  const { outputFiles } = await build({
    stdin: { contents: "export * from '@tasklane/client'", resolveDir: client.project },
    ...{ bundle: true, minify: true, write: false, platform: 'browser', format: 'esm' },
  })
  const code = outputFiles[0]?.text ?? ''
  const sizeBytes = gzipSync(code, { level: 9 }).length
  console.log(`The client in a page: ${code.length} bytes, ${sizeBytes} gzipped`)
  expect(sizeBytes).toBeGreaterThan(5000)
  expect(sizeBytes).toBeLessThanOrEqual(sizeMaxBytes)
  expect(code).not.toMatch(/node:|require\(|process\.env/)
})
