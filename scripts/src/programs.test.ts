import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTestServer, type TestServer } from '@tasklane/server/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFolder } from './fixtures/folder.ts'
import { requireEmptyDatabase } from './fixtures/postgres.ts'
import { runScript } from './fixtures/run-script.ts'

let folder: Awaited<ReturnType<typeof createFolder>>

beforeAll(async () => {
  folder = await createFolder()
})
afterAll(() => folder.remove())

const names = ['import-tasks', 'security-report', 'db-migrate', 'db-rollback', 'db-move']

it.each(names)('%s tells how to use it, and what is wrong with an unknown option', async (name) => {
  const cwd = folder.path
  const help = await runScript(name, { args: ['--help'], cwd })
  expect(help).toMatchObject({ code: 0, stderr: '' })
  expect(help.stdout).toMatch(/^usage: .*npm run /)

  const wrong = await runScript(name, { args: ['--nonsense'], cwd })
  expect(wrong).toMatchObject({ code: 2, stdout: '' })
  expect(wrong.stderr).toMatch(/--nonsense[^\n]*\nusage: [^\n]*\n$/)
})

describe('import-tasks', () => {
  let server: TestServer
  let url: string
  let cwd: string
  const user = 'importer@example.com'
  const env = { TASKLANE_PASSWORD: 'Correct-Horse-1' }

  beforeAll(async () => {
    cwd = folder.path
    server = await createTestServer()
    url = await server.app.listen({ port: 0, host: '127.0.0.1' })
    await writeFile(
      join(cwd, 'tasks.jsonl'),
      '{"title":"a","owner":"x"}\n{"title":""}\nnonsense\n{"title":"b"}\n',
    )
    await writeFile(join(cwd, 'tasks.csv'), 'title,tags\nc,"x;y"\n')
  })
  afterAll(() => server.close())

  const run = (args: string[], given: { env?: Record<string, string>; stdin?: string } = {}) =>
    runScript('import-tasks', { args, cwd, env, ...given })
  const into = (...args: string[]) => run(['--url', url, '--user', user, '--sign-up', ...args])

  it('adds the rows over HTTP, says what became of each, and exits with 1 when some are not in', async () => {
    const first = await into('tasks.jsonl', '--report', 'missing.jsonl')
    expect(first).toMatchObject({ code: 1, stderr: '' })
    expect(first.stdout).toMatch(/Rows read +4\nAdded +2\nAlready there +0\nRefused +2\n/)
    expect(first.stdout).toContain('Ignored columns: owner (1)')
    expect(first.stdout).toMatch(/line 2: title: .*\n +line 3: not valid JSON/)
    const missing = (await readFile(join(cwd, 'missing.jsonl'), 'utf8')).trim().split('\n')
    expect(missing.map((line) => JSON.parse(line))).toMatchObject([{ line: 2 }, { line: 3, kind: 'refused' }])

    const second = await into('tasks.jsonl')
    expect(second.stdout).toMatch(/Added +0\nAlready there +2\n/)
  })

  it('exits with 0 when every row is in', async () => {
    const { code, stdout } = await into('tasks.csv')
    expect(stdout).toMatch(/Added +1\n/)
    expect(code).toBe(0)
  })

  it('reads standard input', async () => {
    const args = ['-', '--format', 'jsonl', '--url', url, '--user', user]
    const { code, stdout } = await run(args, { stdin: '{"title":"from a pipe"}\n' })
    expect(stdout).toMatch(/Added +1\n/)
    expect(code).toBe(0)
  })

  it('only checks with --dry-run: no server, no password, the same refusals', async () => {
    const args = ['tasks.jsonl', '--dry-run', '--url', 'http://127.0.0.1:1', '--report', 'dry.jsonl']
    const { code, stdout } = await run(args, { env: {} })
    expect(stdout).toMatch(/Rows read +4\nCould be sent +2\nRefused +2\n/)
    expect(stdout).toMatch(/line 2: title: .*\n +line 3: not valid JSON.*\nNothing was sent\.\n$/)
    expect(code).toBe(1)
    const inNeed = await readFile(join(cwd, 'missing.jsonl'), 'utf8')
    expect(await readFile(join(cwd, 'dry.jsonl'), 'utf8')).toBe(inNeed)
  })

  it('exits with 2 when it has no password and nobody to ask', async () => {
    const { code, stderr } = await run(['tasks.jsonl', '--user', user], { env: {} })
    expect(stderr).toMatch(/^Put the password into TASKLANE_PASSWORD/)
    expect(code).toBe(2)
  })

  it('exits with 1 and one line for a CSV without a title', async () => {
    await writeFile(join(cwd, 'names.csv'), 'name,tags\na,b\n')
    const { code, stderr } = await into('names.csv')
    expect(stderr).toMatch(/^The first row must name the columns.* It is: name,tags\n$/)
    expect(code).toBe(1)
  })

  it('exits with 1 and one line when no server answers', async () => {
    const { code, stderr } = await run(['tasks.jsonl', '--user', user, '--url', 'http://127.0.0.1:1'])
    expect(stderr).toMatch(/^Log-in failed: the server did not answer \([^\n]*\)\n$/)
    expect(code).toBe(1)
  })
})

describe('the programs for the database', () => {
  const inData = (command: string, env: Record<string, string> = {}) => {
    const [name = '', ...args] = command.split(' ')
    return runScript(name, { args, cwd: folder.path, env: { DATA_DIR: 'data', ...env } })
  }

  it('lead from nothing to a database that was moved, each saying what it did', async (ctx) => {
    const DATABASE_URL = await requireEmptyDatabase(ctx)
    const missing = await inData('db-move', { DATABASE_URL })
    expect(missing).toMatchObject({ code: 1, stdout: '' })
    expect(missing.stderr).toMatch(/^There is no embedded database in [^\n]*\n$/)

    const migrated = await inData('db-migrate')
    expect(migrated).toMatchObject({ code: 0, stderr: '' })
    expect(migrated.stdout).toMatch(
      /^Applied \d+ migrations?: the embedded database in .*data is up to date\.\n$/,
    )

    const unsure = await inData('db-rollback')
    expect(unsure.code).toBe(2)
    expect(unsure.stderr).toMatch(/loses what only it has a place for. To do it, add --yes\.\n/)
    expect((await inData('db-migrate')).stdout).toMatch(/^Nothing to apply/)
    const rolledBack = await inData('db-rollback --yes')
    expect(rolledBack.stdout).toMatch(/^Took back \d{4}_/)
    expect(rolledBack.code).toBe(0)
    expect((await inData('db-migrate')).stdout).toMatch(/^Applied 1 migration/)

    const report = await inData('security-report --json --failures-min 1')
    expect(JSON.parse(report.stdout)).toMatchObject({ byAddress: [], byAccount: [] })

    const noTarget = await inData('db-move')
    expect(noTarget.code).toBe(1)
    expect(noTarget.stderr).toMatch(/^Set DATABASE_URL [^\n]*\n$/)
    const moved = await inData('db-move', { DATABASE_URL })
    expect(moved).toMatchObject({ code: 0, stderr: '' })
    expect(moved.stdout).toMatch(/^Copied to PostgreSQL at .*:\n +table +rows\n +users +0\n/)
    expect(moved.stdout).toContain(`JWT_SECRET set to what is in\n${join(folder.path, 'data', 'secret')}`)
    expect(moved.stdout).toContain('everyone is signed out')
  }, 120_000)

  it('say in one line that the database does not answer, and nothing of its password', async () => {
    const DATABASE_URL = 'postgres://me:a-secret-password@127.0.0.1:1/nowhere'
    for (const command of ['security-report', 'db-migrate', 'db-rollback --yes']) {
      const { code, stdout, stderr } = await inData(command, { DATABASE_URL })
      expect(stderr).toBe(
        'The database cannot be reached (ECONNREFUSED). Check DATABASE_URL and that the server runs.\n',
      )
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    }
  })

  it('name the settings that are wrong', async () => {
    const { code, stderr } = await inData('db-migrate', { DATABASE_URL: 'mysql://x' })
    expect(stderr).toMatch(/^Wrong settings:\n {2}DATABASE_URL: Must be like postgres:/)
    expect(code).toBe(1)
  })
})
