import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { appRouter } from './app-router.ts'
import type { Changeable, ProcedureMeta } from './rest/meta.ts'
import type { AppRouter } from './router.ts'
import { createTestBackend, type TestBackend } from './testing.ts'

interface Definition {
  meta?: ProcedureMeta
  type: 'query' | 'mutation' | 'subscription'
  inputs: unknown[]
  output?: unknown
}

const definitions = Object.entries(appRouter._def.procedures).map(
  ([path, procedure]) => [path, (procedure as unknown as { _def: Definition })._def] as const,
)

/** Whoever is here answers strangers. Every other procedure has to refuse them. */
const publicPaths = [
  'auth.logIn',
  'auth.refresh',
  'auth.requestPasswordReset',
  'auth.resetPassword',
  'auth.signUp',
  'auth.verifyEmail',
]

/** No answer outlives the account. */
const unkeyedPaths = ['auth.deleteAccount']

describe.each(definitions)('%s', (path, { type, inputs, output, meta }) => {
  it('declares its input and its output', () => {
    expect(inputs.length).toBeGreaterThan(0)
    expect(output).toBeDefined()
  })

  it('is guarded unless it is listed as public', async () => {
    const answer = await callAsStranger(path, type)
    const isRefused = answer.includes('AUTHENTICATION_REQUIRED')
    expect(isRefused).toBe(!publicPaths.includes(path))
  })

  it('is safe to repeat, if it writes for somebody', () => {
    const writes = type === 'mutation' && ![...publicPaths, ...unkeyedPaths].includes(path)
    expect(meta?.isKeyed ?? false).toBe(writes)
  })

  it('says what it changes, if it is a mutation', () => {
    expect(Array.isArray(meta?.changes)).toBe(type === 'mutation')
  })
})

let backend: TestBackend
beforeAll(async () => {
  backend = await createTestBackend()
})
afterAll(() => backend.close())

async function callAsStranger(path: string, type: Definition['type']): Promise<string> {
  const init =
    type !== 'mutation' ? {} : { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
  // A subscription answers with events.
  return await (await backend.fetch(`/trpc/${path}`, init)).text()
}

it('serves what its published type says', () => {
  expectTypeOf<AppRouter['_def']['record']>().toEqualTypeOf<(typeof appRouter)['_def']['record']>()
})

/** The names below a feature that are queries. */
type QueryOf<Procedures> = {
  [Name in keyof Procedures]: Procedures[Name] extends { _def: { type: 'query' } } ? Name : never
}[keyof Procedures]

type Features = AppRouter['_def']['record']
type ThatThereAre = {
  [Name in keyof Features]: [QueryOf<Features[Name]>] extends [never]
    ? never
    : Name | `${Name}.${QueryOf<Features[Name]> & string}`
}[keyof Features]

it('says of queries alone that they change, and of those that there are', () => {
  expectTypeOf<Changeable>().toEqualTypeOf<ThatThereAre>()
})

it('calls procedures by verbs under a plural noun or a subject', () => {
  for (const [path] of definitions) expect(path).toMatch(/^(auth|security|[a-z]+s)\.[a-z]+([A-Z][a-z]+)*$/)
})

const source = fileURLToPath(new URL('.', import.meta.url))
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)

function importsOf(file: string): string[] {
  return [...readFileSync(join(source, file), 'utf8').matchAll(/(?:from|import\(?) ?'([^']+)'/g)].map(
    ([, name]) => name ?? '',
  )
}

/** What a contract may be made of: it reaches the browser. */
const contractWords = [
  'zod',
  '../../text.ts',
  '../../user.ts',
  '../../instant.ts',
  '../../json-form.ts',
  '../../reasons.ts',
]

const isForTests = (file: string) => file.endsWith('.test.ts') || file.includes('/fixtures/')

describe('the house rules', () => {
  it('imports drizzle in queries only', () => {
    const users = files.filter(
      (file) => !isForTests(file) && importsOf(file).some((name) => name.startsWith('drizzle')),
    )
    expect(users.filter((file) => !file.endsWith('queries.ts'))).toEqual([])
    expect(users.length).toBeGreaterThan(0)
  })

  it('keeps contracts free of everything but zod and the words that they share', () => {
    const contracts = files.filter((file) => file.endsWith('/contract.ts'))
    expect(contracts.length).toBeGreaterThan(1)
    for (const file of contracts) {
      expect(importsOf(file).filter((name) => !contractWords.includes(name))).toEqual([])
    }
  })

  it('lets no feature reach into the folder of another', () => {
    const featureOf = (file: string) => /^features\/(\w+)\//.exec(file)?.[1]
    const reaches = files.flatMap((file) => {
      const own = featureOf(file)
      if (own === undefined) return []
      const targets = importsOf(file)
        .filter((name) => name.startsWith('.'))
        .map((name) => featureOf(join(dirname(file), name)))
      return targets
        .filter((target) => target !== undefined && target !== own)
        .map((target) => `${file} -> ${target}`)
    })
    expect(reaches).toEqual([])
  })
})
