import { execFile } from 'node:child_process'
import { copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, it } from 'vitest'

const packageFolder = new URL('..', import.meta.url)
const consumerFolder = new URL('node_modules/.cache/consumer/', packageFolder)
const compiler = fileURLToPath(new URL('../../node_modules/.bin/tsc', packageFolder))

/** Words of the server's insides. */
const forbidden = /drizzle|fastify|postgres|pglite|argon2|jose|@tasklane\/db|passwordHash/i

const declarations = new Map<string, string>()
const libraries = new Set<string>()

beforeAll(async () => {
  await visit(new URL('dist/index.d.ts', packageFolder))
  await visit(new URL('dist/node.d.ts', packageFolder))
})

async function visit(file: URL): Promise<void> {
  if (declarations.has(file.href)) return
  const text = (await readFile(file, 'utf8')).replaceAll(/\/\*[\s\S]*?\*\//g, '')
  declarations.set(file.href, text)
  const imports = text.matchAll(/(?:from |import\(|import |reference (?:types|path)=)["']([^"']+)["']/g)
  for (const [, specifier = ''] of imports) {
    const next = await declarationOf(specifier, file)
    if (next) await visit(next)
    else libraries.add(specifier)
  }
}

/** Gives nothing for the packages of others. */
async function declarationOf(specifier: string, from: URL): Promise<URL | undefined> {
  if (specifier.startsWith('.')) return new URL(specifier.replace(/\.[jt]s$/, '.d.ts'), from)
  const [, name, entry = ''] = /^@tasklane\/([^/]+)(\/.*)?$/.exec(specifier) ?? []
  if (name === undefined) return undefined
  const folder = new URL(`../${name}/`, packageFolder)
  const { exports } = JSON.parse(await readFile(new URL('package.json', folder), 'utf8'))
  return new URL(exports[`.${entry}`].types, folder)
}

it('reach the contract and the type of the router', () => {
  const reached = [...declarations.keys()].map((href) => href.slice(href.indexOf('/packages/')))
  expect(reached).toContain('/packages/client/dist/file-store.d.ts')
  expect(reached).toContain('/packages/api/dist/router.d.ts')
  expect(reached).toContain('/packages/api/dist/features/tasks/contract.d.ts')
})

it('hold nothing of the server, its database and its libraries', () => {
  const leaks = [...declarations].filter(([, text]) => forbidden.test(text)).map(([href]) => href)
  expect(leaks).toEqual([])
  expect([...libraries].sort()).toEqual([
    '@trpc/client',
    '@trpc/server',
    '@trpc/server/rpc',
    '@trpc/server/unstable-core-do-not-import',
    'superjson',
    'zod',
  ])
})

it('type every call for a strict program of a browser, libraries checked too', async () => {
  await rm(consumerFolder, { recursive: true, force: true })
  await mkdir(new URL('node_modules/@tasklane/', consumerFolder), { recursive: true })
  await symlink(packageFolder, new URL('node_modules/@tasklane/client', consumerFolder))
  await copyFile(new URL('src/fixtures/consumer.ts', packageFolder), new URL('consumer.ts', consumerFolder))
  await writeFile(new URL('package.json', consumerFolder), JSON.stringify({ type: 'module' }))
  const compilerOptions = {
    module: 'NodeNext',
    target: 'ES2022',
    lib: ['ES2022', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable', 'ESNext.Disposable'],
    types: [],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  }
  const settings = { compilerOptions, files: ['consumer.ts'] }
  await writeFile(new URL('tsconfig.json', consumerFolder), JSON.stringify(settings))
  const compiled = promisify(execFile)(compiler, ['-p', fileURLToPath(consumerFolder)])
  const output = await compiled.catch((error: { stdout: string }) => error)
  expect(output.stdout).toBe('')
}, 60_000)
