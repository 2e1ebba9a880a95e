import { parseArgs } from 'node:util'
import { tables } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { expect, it } from 'vitest'
import { runInProcess } from './fixtures/terminal.ts'
import { CommandError, UsageError } from './problems.ts'
import type { Program } from './run-program.ts'

const usage = 'usage: npm run example\n\nMore about it.'

const outcomeOf = (run: Program['run'], args: string[] = []) => runInProcess({ usage, run }, { args })
const failing = (error: unknown) => outcomeOf(() => Promise.reject(error))

it('exits with 0 when all was done and 1 when something was not', async () => {
  expect(await outcomeOf(async () => true)).toMatchObject({ code: 0, complained: '' })
  expect(await outcomeOf(async () => false)).toMatchObject({ code: 1, complained: '' })
})

it('prints how to use it for --help, and does nothing', async () => {
  const run = () => Promise.reject(new Error('ran'))
  expect(await outcomeOf(run, ['x', '--help'])).toEqual({ code: 0, printed: `${usage}\n`, complained: '' })
})

it.each([
  ['an option that does not exist', ['--nonsense']],
  ['an argument too many', ['nonsense']],
])('exits with 2 for %s, and says how to call it', async (_, args) => {
  const { code, complained } = await outcomeOf(
    async (given) => Boolean(parseArgs({ args: given, options: {} })),
    args,
  )
  expect(code).toBe(2)
  expect(complained).toMatch(/nonsense[^\n]*\nusage: npm run example\n$/)
})

it('exits with 2 for an argument that makes no sense', async () => {
  expect(await failing(new UsageError('Give one file.'))).toEqual({
    code: 2,
    printed: '',
    complained: 'Give one file.\nusage: npm run example\n',
  })
})

it('exits with 1 and one line for what it could not do', async () => {
  expect(await failing(new CommandError('Do this.'))).toEqual({
    code: 1,
    printed: '',
    complained: 'Do this.\n',
  })
})

it('tells how to reach the database when it does not answer', async () => {
  const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  const { code, complained } = await failing(new Error('Failed query: select 1', { cause }))
  expect(code).toBe(1)
  expect(complained).toBe(
    'The database cannot be reached (ECONNREFUSED). Check DATABASE_URL and that the server runs.\n',
  )
})

it('tells what the database said, and neither statement nor parameters', async () => {
  const database = await createTestDatabase()
  try {
    const { complained } = await outcomeOf(async () => {
      const id = '00000000-0000-4000-8000-000000000000'
      await database.db.insert(tables.tasks).values({ id, userId: id, title: 'a secret' })
      return true
    })
    expect(complained).toBe(
      'insert or update on table "task_feeds" violates foreign key constraint "task_feeds_user_id_users_id_fk"\n',
    )
  } finally {
    await database.close()
  }
})

it('shows where a fault of its own is', async () => {
  const { code, complained } = await failing(new TypeError('undefined is not a function'))
  expect(code).toBe(1)
  expect(complained).toMatch(/fault of the program.*\nTypeError: undefined is not a function\n +at /)
})
