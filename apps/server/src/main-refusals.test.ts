import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createEmptyDatabase, writeEmbeddedDatabase } from '@tasklane/db/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { requirePostgres } from './fixtures/postgres.ts'
import { createFolder, runServer } from './fixtures/server-process.ts'

let folder: string

beforeEach(async () => {
  folder = await createFolder()
})

afterEach(() => rm(folder, { recursive: true }))

/** What is printed after the title, of a server that does not start. */
async function refusalOf(variables: Record<string, string>): Promise<string> {
  const { code, printed } = await runServer({ folder, variables })
  expect(code).toBe(1)
  expect(printed).not.toMatch(/\n\s+at /)
  const [title, ...lines] = printed.trimEnd().split('\n')
  expect(title).toBe('Tasklane did not start.')
  return lines.join('\n')
}

describe('does not start, and says what to do', () => {
  it('in production without a secret and a database', async () => {
    expect(await refusalOf({ NODE_ENV: 'production' })).toBe(
      'Missing settings in production:\n' +
        '  JWT_SECRET: Set it to a secret of at least 32 bytes. Make one: openssl rand -base64 48\n' +
        '  DATABASE_URL: Set it to a PostgreSQL, such as postgres://user:password@host:5432/database',
    )
  })

  it('with a wrong setting in .env, unless the environment sets it right', async () => {
    await writeFile(join(folder, '.env'), 'LOG_LEVEL=loud\nJWT_SECRET=short\n')
    const both = await refusalOf({})
    expect(both).toContain('LOG_LEVEL: Must be fatal, error')
    expect(both).toContain('JWT_SECRET: Must have at least 32 bytes')
    expect(await refusalOf({ LOG_LEVEL: 'warn' })).not.toContain('LOG_LEVEL')
  })

  it('with a wrong setting in the first line of a .env that starts with a byte order mark', async () => {
    await writeFile(join(folder, '.env'), '\uFEFFLOG_LEVEL=loud\n')
    expect(await refusalOf({})).toContain('LOG_LEVEL: Must be fatal, error')
  })

  it('with a .env that is not UTF-8', async () => {
    await writeFile(join(folder, '.env'), Buffer.from('\uFEFFPORT=3001\r\n', 'utf16le'))
    expect(await refusalOf({})).toBe('.env is not UTF-8 text. Save it as UTF-8.')
  })

  it('with NODE_ENV=prod, which would count as development', async () => {
    expect(await refusalOf({ NODE_ENV: 'prod' })).toBe(
      'Wrong settings:\n  NODE_ENV: Must be production, development or test',
    )
  })

  it('with a secret that everybody knows', async () => {
    expect(await refusalOf({ JWT_SECRET: 'your-256-bit-secret-your-256-bit-secret' })).toContain(
      'JWT_SECRET: Is publicly known. Make one of your own: openssl rand -base64 48',
    )
  })

  it('with a key set that is not there, or not whole', async () => {
    await writeEmbeddedDatabase(join(folder, '.data'))
    const variables = { JWT_ALGORITHM: 'EdDSA', JWT_KEYS_FILE: 'keys.json' }
    expect(await refusalOf(variables)).toBe(
      'JWT_KEYS_FILE keys.json: cannot be read (ENOENT). Make one: npm run rotate-keys -- --file keys.json',
    )
    await writeFile(join(folder, 'keys.json'), '{"keys":[{"kty":"OKP","alg":"EdDSA","d":"hunter2"}]}')
    const text = await refusalOf(variables)
    expect(text).toMatch(/^JWT_KEYS_FILE keys\.json: key 1, kid: Must be a text/)
    expect(text).not.toContain('hunter2')
  })

  it.each([
    ['on a port that nothing listens on', 'postgres://user:hunter2@127.0.0.1:1/tasks', 'ECONNREFUSED'],
    ['on a host that does not exist', 'postgres://user:hunter2@no.such.host.invalid/tasks', 'E\\w+'],
  ])('with a database %s', async (_where, url, code) => {
    const text = await refusalOf({ DATABASE_URL: url })
    expect(text).toMatch(
      new RegExp(
        `^The database cannot be reached \\(${code}\\)\\. Check DATABASE_URL and that the server runs\\.$`,
      ),
    )
  })
})

describe('on a PostgreSQL server', () => {
  it('does not start without the database, and names it', async (context) => {
    const url = new URL(await requirePostgres(context))
    url.pathname = '/tasklane_nowhere'
    expect(await refusalOf({ DATABASE_URL: url.href })).toBe(
      'The database refuses us: database "tasklane_nowhere" does not exist. Check DATABASE_URL.',
    )
  })

  it('does not start before db:migrate, and names it', async (context) => {
    const { url, drop } = await createEmptyDatabase(await requirePostgres(context))
    const text = await refusalOf({ DATABASE_URL: url }).finally(drop)
    expect(text).toMatch(
      /^The database lacks \d+ migrations?\. Run "npm run db:migrate" first, or set MIGRATE_ON_START=true\.$/,
    )
  })
})
