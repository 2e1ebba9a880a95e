import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { appRouter, reasons } from '@tasklane/api'
import { expect, it } from 'vitest'
import { parseEnv } from './env.ts'
import { openApiDocument } from './rest/openapi.ts'
import { createTestServer } from './testing.ts'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const hasTools = ['bash', 'curl', 'sed'].every((tool) => spawnSync(tool, ['--version']).status === 0)

interface Ran {
  /** Every answer, in order. */
  answers: string[]
  /** Every call, also those whose answer went into a variable. */
  calls: { status: number; method: string; path: string }[]
}

/** Makes the calls of a document, in order, as one program on a new server: later calls use what earlier ones set. */
async function run(document: string): Promise<Ran> {
  const { rateLimits } = parseEnv({})
  const server = await createTestServer({ settings: { rateLimits } })
  try {
    const origin = await server.app.listen({ host: '127.0.0.1', port: 0 })
    const blocks = [...read(document).matchAll(/^```sh\n(.*?)^```/gms)].map(([, block]) => block ?? '')
    const program = blocks.filter((block) => block.includes('curl')).join('\n')
    const told = `curl -sS -w '\\n%{stderr}%{http_code} %{method} %{url_effective}\\n'`
    const here = program.replaceAll('http://127.0.0.1:3000', origin).replaceAll('curl -s', told)
    const { stdout, stderr } = await promisify(execFile)('bash', ['-euc', here])
    const calls = stderr.split('\n').filter((line) => /^\d{3} [A-Z]+ http/.test(line))
    return { answers: stdout.split('\n').filter(Boolean), calls: calls.map(callOf) }
  } finally {
    await server.close()
  }
}

function callOf(line: string): Ran['calls'][number] {
  const [status, method = '', url = ''] = line.split(' ')
  return { status: Number(status), method, path: new URL(url).pathname }
}

/** What was refused, in the envelope of either door. */
function refusalsIn(answer: string): string[] {
  const pattern = answer.includes('"type":"about:blank"') ? /"code":"(\w+)"/g : /"reason":"(\w+)"/g
  return [...answer.matchAll(pattern)].map(([, reason = '']) => reason)
}

const documents = [
  { document: 'README.md', refusals: [], seen: ['"due_date":"2026-12-24"', '"dueDate":"2026-12-31"'] },
  {
    document: 'docs/trpc.md',
    refusals: ['ADMIN_REQUIRED', 'INPUT_INVALID', 'MAIL_TOKEN_INVALID', 'VERSION_CONFLICT'],
    seen: [
      '"dueDate":"2026-12-31"',
      '"limit":2',
      '"isMatch":true',
      'event: connected',
      '"title":"Two"',
      'Logged out',
      '"isCurrent":true',
      '"scopes":"read"',
      'Logged out everywhere',
    ],
  },
  {
    document: 'docs/rest.md',
    refusals: [
      ...['ADMIN_REQUIRED', 'IDEMPOTENCY_KEY_REUSED', 'INPUT_CONTRADICTORY', 'INPUT_INVALID'],
      ...['MAIL_TOKEN_INVALID', 'OWNER_MISMATCH', 'PRECONDITION_FAILED', 'TASK_NOT_FOUND', 'TOKEN_INVALID'],
      'VERSION_CONFLICT',
    ],
    seen: [
      'etag: "1"',
      'HTTP/1.1 304',
      '"is_match":true',
      '"due_date":"2026-12-31"',
      '"version":5',
      '"title":"Two"',
      '"type":"delete"',
      '"tags":["garden"]',
      '"is_current":true',
      '"scopes":"read"',
      'Logged out everywhere',
      '"status":"ready"',
      '"openapi":"3.1.0"',
    ],
  },
]

it.for(documents)(
  '$document has calls that answer as it says, on a new server with its usual limits',
  { timeout: 60_000 },
  async ({ document, refusals, seen }, ctx) => {
    if (!hasTools) ctx.skip('the documents are for bash, curl and sed, and one of them is missing')
    const { answers, calls } = await run(document)
    expect([...new Set(answers.flatMap(refusalsIn))].sort()).toEqual(refusals.toSorted())
    expect(calls.filter(({ status }) => status >= 429)).toEqual([])
    const all = answers.join('\n')
    for (const each of seen) expect(all).toContain(each)
    if (document === 'docs/rest.md') expect(uncalled(calls)).toEqual([])
  },
)

/** The operations of the REST door that none of these calls reached by its main path. */
function uncalled(calls: Ran['calls']): string[] {
  const operations = Object.entries(openApiDocument().paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
  )
  const missing = operations.filter(({ path, method }) => {
    const pattern = new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[0-9a-f-]{36}')}$`)
    return !calls.some((call) => call.method === method && pattern.test(call.path))
  })
  return missing.map(({ method, path }) => `${method} ${path}`)
}

it('docs/rest.md names every operation, with its procedure', () => {
  const rest = read('docs/rest.md')
  for (const [path, methods] of Object.entries(openApiDocument().paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (path.includes('{user_id}')) continue
      const { 'x-procedure': procedure } = operation as { 'x-procedure'?: string }
      const row = rest.split('\n').find((line) => line.startsWith(`| \`${method.toUpperCase()} ${path}\``))
      expect(row, `${method} ${path}`).toContain(procedure === undefined ? '| none ' : `| \`${procedure}\` `)
    }
  }
})

it('README.md names every procedure and every reason, and docs/trpc.md calls each procedure', () => {
  const readme = read('README.md')
  const trpc = read('docs/trpc.md')
  for (const path of Object.keys(appRouter._def.procedures)) {
    expect(readme).toContain(`\`${path}\``)
    expect(trpc).toContain(`$BASE/${path} `)
  }
  for (const reason of Object.keys(reasons)) expect(readme).toContain(`\`${reason}\``)
})
