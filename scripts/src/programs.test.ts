import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeEmbeddedDatabase } from '@tasklane/db/testing'
import { createTestServer, type TestServer } from '@tasklane/server/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openQuietly, settingsOf } from './fixtures/embedded.ts'
import { createFolder } from './fixtures/folder.ts'
import { requireEmptyDatabase } from './fixtures/postgres.ts'
import { runScript } from './fixtures/run-script.ts'
import { argon2idHash, bcryptHash } from './fixtures/stored-hashes.ts'

let folder: Awaited<ReturnType<typeof createFolder>>

beforeAll(async () => {
  folder = await createFolder()
})
afterAll(() => folder.remove())

const names = [
  'import-tasks',
  'import-users',
  'set-user',
  'security-report',
  'rotate-keys',
  'db-migrate',
  'db-rollback',
  'db-move',
  'contract',
]

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

describe('rotate-keys', () => {
  const env = { JWT_KEYS_FILE: 'signing-keys.json', JWT_ALGORITHM: 'ES256' }
  const rotate = (args: string[], given: Record<string, string> = env) =>
    runScript('rotate-keys', { args, cwd: folder.path, env: given })
  const kidOf = (stdout: string) => /^Added {4}(\S+) /.exec(stdout)?.[1]

  it('makes the file of the settings, adds a key to it, and says from when each signs', async () => {
    const first = await rotate([])
    expect(first).toMatchObject({ code: 0, stderr: '' })
    const file = join(folder.path, 'signing-keys.json')
    expect(first.stdout).toMatch(
      /^Added {4}\S{43} \(ES256\)\n {9}It signs at once: it is the first for ES256\.\n/,
    )
    expect(first.stdout).toContain(`JWT_KEYS_FILE=${file} and JWT_ALGORITHM=ES256.`)
    expect((await stat(file)).mode & 0o777).toBe(0o600)

    const second = await rotate([])
    expect(second).toMatchObject({ code: 0, stderr: '' })
    expect(second.stdout).toMatch(
      /\n {9}It signs from \d{4}-\d\d-\d\dT\S+Z on\. Until then it is only published\.\n/,
    )
    expect(second.stdout).toMatch(
      new RegExp(`\n  ${kidOf(first.stdout)} +ES256 +\\S+ +signs until \\S+, is kept until \\S+\n`),
    )
    expect(second.stdout).toMatch(/Nobody is signed out\.\n$/)
    const { keys } = JSON.parse(await readFile(file, 'utf8'))
    expect(keys.map(({ kid }: { kid: string }) => kid)).toEqual([kidOf(first.stdout), kidOf(second.stdout)])
    for (const { d } of keys) expect(first.stdout + second.stdout).not.toContain(d)
  })

  it('tells how a key for another algorithm comes to sign', async () => {
    const { code, stdout } = await rotate(['--file', 'signing-keys.json', '--algorithm', 'EdDSA'], {})
    expect(stdout).toContain('No server signs with it before it is started with JWT_ALGORITHM=EdDSA')
    expect(code).toBe(0)
  })

  it('exits with 1 and one line for a broken file, and leaves it as it is', async () => {
    await writeFile(join(folder.path, 'broken.json'), '{"keys":')
    const { code, stdout, stderr } = await rotate(['--file', 'broken.json'])
    expect(stderr).toMatch(/^\S+broken\.json is left as it is: it is not a JWK set, [^\n]*\n$/)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(await readFile(join(folder.path, 'broken.json'), 'utf8')).toBe('{"keys":')
  })
})

describe('the programs for accounts', () => {
  const inData = (name: string, args: string[]) =>
    runScript(name, { args, cwd: folder.path, env: { DATA_DIR: 'accounts' } })

  it('bring accounts, and set what they may do, each saying what it did', async () => {
    const nowhere = await inData('set-user', ['ada', '--role', 'admin'])
    expect(nowhere).toMatchObject({ code: 1, stdout: '' })
    expect(nowhere.stderr).toMatch(/^There is no embedded database in [^\n]*\n$/)
    await writeEmbeddedDatabase(join(folder.path, 'accounts'))

    const rows = [
      { email: 'ada@example.com', username: 'ada', passwordHash: bcryptHash, role: 'admin' },
      { email: 'ada' },
      { email: 'grace@example.com', passwordHash: argon2idHash },
    ]
    await writeFile(join(folder.path, 'users.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'))
    const dry = await inData('import-users', ['users.jsonl', '--dry-run'])
    expect(dry.stdout).toMatch(/^Rows read +3\nCould be added +2, [^\n]*\nRefused +1\n/)
    expect(dry.stdout).toMatch(/Nothing was written\.\n$/)
    const first = await inData('import-users', ['users.jsonl', '--report', 'refused.jsonl'])
    expect(first).toMatchObject({ code: 1, stderr: '' })
    expect(first.stdout).toMatch(/^Rows read +3\nAdded +2\nAlready there +0\nRefused +1\n/)
    expect(first.stdout).toMatch(
      /Ignored columns: role \(1\)\nNot in:\n +line 2: email: Must be an email address, of 254 characters at most\n$/,
    )
    expect(JSON.parse(await readFile(join(folder.path, 'refused.jsonl'), 'utf8'))).toMatchObject({ line: 2 })
    await writeFile(join(folder.path, 'users.csv'), 'username,email\n,ada@example.com\nlinus,\n')
    const second = await inData('import-users', ['users.csv'])
    expect(second).toMatchObject({ code: 0, stderr: '' })
    expect(second.stdout).toMatch(/^Rows read +2\nAdded +1\nAlready there +1\nRefused +0\n$/)

    const promoted = await inData('set-user', ['Ada', '--role', 'admin', '--active', 'false'])
    expect(promoted).toMatchObject({ code: 0, stderr: '' })
    expect(promoted.stdout).toMatch(
      /^Changed ada@example\.com, ada, [0-9a-f-]{36}:\n +role +user → admin\n +active +true → false\n/,
    )
    expect(promoted.stdout).toMatch(/A running server notices within 60 seconds, [^\n]*\n$/)
    const again = await inData('set-user', ['ada@example.com', '--role', 'admin'])
    expect(again.stdout).toMatch(/^Nothing changed for ada@example\.com/)
    expect(again.code).toBe(0)

    const unknown = await inData('set-user', ['nobody@example.com', '--active', 'false'])
    expect(unknown).toMatchObject({ code: 1, stdout: '' })
    expect(unknown.stderr).toMatch(
      /^There is no user "nobody@example\.com" in the embedded database in [^\n]*\n$/,
    )
  }, 120_000)

  it('say what to do while a server has the embedded database open', async () => {
    await writeEmbeddedDatabase(join(folder.path, 'running'))
    const running = await openQuietly(settingsOf(join(folder.path, 'running')))
    try {
      await writeFile(join(folder.path, 'one.jsonl'), '{"username":"linus"}\n')
      for (const [name, args] of [
        ['set-user', ['linus', '--role', 'admin']],
        ['import-users', ['one.jsonl']],
      ] as const) {
        const env = { DATA_DIR: 'running' }
        const { code, stderr } = await runScript(name, { args: [...args], cwd: folder.path, env })
        expect(stderr).toContain(`open in process ${process.pid}. Stop that process first`)
        expect(code).toBe(1)
      }
    } finally {
      await running.database.close()
    }
  }, 60_000)
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
    for (const command of [
      'security-report',
      'set-user ada --role admin',
      'db-migrate',
      'db-rollback --yes',
    ]) {
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
