import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { appRouter, reasons } from '@tasklane/api'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestServer, type TestServer } from './testing.ts'

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
const hasTools = ['bash', 'curl', 'sed'].every((tool) => spawnSync(tool, ['--version']).status === 0)

let server: TestServer
let origin: string

beforeAll(async () => {
  server = await createTestServer()
  origin = await server.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => server.close())

/** Every answer of the README's calls, in order, as one program: later calls use what earlier ones set. */
async function answersOfReadme(): Promise<string[]> {
  const blocks = [...readme.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block]) => block ?? '')
  const calls = blocks.filter((block) => block.includes('curl'))
  const program = calls.join('\n').replaceAll('http://127.0.0.1:3000', origin)
  const eachOnItsLine = program.replaceAll('curl -s', "curl -sS -w '\\n'")
  const { stdout } = await promisify(execFile)('bash', ['-euc', eachOnItsLine])
  return stdout.split('\n').filter(Boolean)
}

it('has calls that answer as it says', async (ctx) => {
  if (!hasTools) ctx.skip('the README is for bash, curl and sed, and one of them is missing')
  const refusalsMeant = ['ADMIN_REQUIRED', 'INPUT_INVALID', 'MAIL_TOKEN_INVALID', 'VERSION_CONFLICT']
  const answers = await answersOfReadme()
  expect(answers.length).toBeGreaterThan(12)
  for (const answer of answers) {
    const reasons = [...answer.matchAll(/"reason":"(\w+)"/g)].map(([, reason]) => reason)
    expect(reasons.filter((reason) => !refusalsMeant.includes(reason ?? ''))).toEqual([])
  }
  const all = answers.join('\n')
  for (const seen of [
    '"title":"Buy milk"',
    '"dueDate":"2026-12-31"',
    '"limit":2',
    '"isMatch":true',
    'event: connected',
    '"title":"Two"',
    'Logged out',
    '"isCurrent":true',
    '"scopes":"read"',
    'Logged out everywhere',
    ...refusalsMeant,
  ]) {
    expect(all).toContain(seen)
  }
})

it('names every procedure with a call, and every reason', () => {
  for (const path of Object.keys(appRouter._def.procedures)) {
    expect(readme).toContain(`\`${path}\``)
    expect(readme).toContain(`$BASE/${path} `)
  }
  for (const reason of Object.keys(reasons)) expect(readme).toContain(`\`${reason}\``)
})
