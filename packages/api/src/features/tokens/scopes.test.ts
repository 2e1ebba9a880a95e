import { tables } from '@tasklane/db'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appRouter } from '../../app-router.ts'
import { createTestBackend, type TestBackend } from '../../testing.ts'

let backend: TestBackend
let tokens: Record<'read' | 'write', string>

/** The tokens of an administrator: not even theirs may do what only a person may. */
beforeAll(async () => {
  backend = await createTestBackend()
  const { client, email } = await backend.signUp()
  const { users } = tables
  await backend.database.db.update(users).set({ role: 'admin' }).where(eq(users.email, email))
  const [read, write] = await Promise.all([
    client.tokens.create.mutate({ name: 'Reads', scopes: 'read' }),
    client.tokens.create.mutate({ name: 'Writes', scopes: 'write' }),
  ])
  tokens = { read: read.token, write: write.token }
})
afterAll(() => backend.close())

interface Procedure {
  path: string
  isMutation: boolean
}

/** All but the subscription, which answers with a stream: see follow-changes.test.ts. */
const procedures: Procedure[] = Object.entries(appRouter._def.procedures).flatMap(([path, procedure]) => {
  const { type } = (procedure as unknown as { _def: { type: string } })._def
  return type === 'subscription' ? [] : [{ path, isMutation: type === 'mutation' }]
})

/** What programs are for. Whatever is not listed here needs a person. */
const isForPrograms = ({ path }: Procedure) => path.startsWith('tasks.') || path === 'auth.me'
const isForAdmins = ({ path }: Procedure) => /^(security|users)\./.test(path)

/** Calls without an input: whoever may call is answered, or told that it is missing. */
async function outcomesOf(chosen: Procedure[], token?: string): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {}
  for (const { path, isMutation } of chosen) {
    const response = await backend.fetch(`/trpc/${path}`, {
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(isMutation && { method: 'POST', body: '{}' }),
    })
    const { error } = (await response.json()) as { error?: { json: { data: { reason: string } } } }
    outcomes[path] = `${response.status} ${error?.json.data.reason ?? 'OK'}`
  }
  return outcomes
}

/** Those that refuse strangers. */
async function guarded(): Promise<Procedure[]> {
  const outcomes = await outcomesOf(procedures)
  return procedures.filter(({ path }) => outcomes[path] === '401 AUTHENTICATION_REQUIRED')
}

const each = (chosen: Procedure[], outcome: (procedure: Procedure) => unknown) =>
  Object.fromEntries(chosen.map((procedure) => [procedure.path, outcome(procedure)]))

const refusedToPrograms = '403 SIGN_IN_REQUIRED'
const letIn = expect.stringMatching(/^(200 OK|400 INPUT_INVALID)$/)

describe('an API token that may read', () => {
  it('runs no mutation', async () => {
    const mutations = (await guarded()).filter(({ isMutation }) => isMutation)
    const outcomes = await outcomesOf(mutations, tokens.read)
    expect(outcomes).toEqual(
      each(mutations, (procedure) => (isForAdmins(procedure) ? refusedToPrograms : '403 SCOPE_INSUFFICIENT')),
    )
    expect(Object.keys(outcomes)).toEqual(
      expect.arrayContaining(['auth.logOut', 'sessions.revoke', 'tasks.create', 'tokens.create']),
    )
  })

  it('runs every query that is for programs, and no other', async () => {
    const queries = (await guarded()).filter(({ isMutation }) => !isMutation)
    const outcomes = await outcomesOf(queries, tokens.read)
    expect(outcomes).toEqual(
      each(queries, (procedure) => (isForPrograms(procedure) ? letIn : refusedToPrograms)),
    )
    expect(outcomes).toMatchObject({
      'auth.me': '200 OK',
      'tasks.list': '200 OK',
      'tokens.list': refusedToPrograms,
    })
  })

  it('changes nothing', async () => {
    const [reader, writer] = [
      backend.client(`Bearer ${tokens.read}`),
      backend.client(`Bearer ${tokens.write}`),
    ]
    const task = await writer.tasks.create.mutate({ title: 'As it was' })
    const { id } = task
    const attempts = [
      reader.tasks.create.mutate({ title: 'More' }),
      reader.tasks.update.mutate({ id, title: 'Other' }),
      reader.tasks.complete.mutate({ id }),
      reader.tasks.delete.mutate({ id }),
    ]
    await Promise.all(
      attempts.map((call) =>
        expect(call).rejects.toMatchObject({
          message: 'This API token may only read. Use one with the scope "write"',
          data: { code: 'FORBIDDEN', httpStatus: 403, reason: 'SCOPE_INSUFFICIENT' },
        }),
      ),
    )
    expect(await reader.tasks.list.query()).toMatchObject({ total: 1, tasks: [task] })
  })
})

describe('an API token that may write', () => {
  it('does all that is for programs, and nothing that only a person may', async () => {
    const all = await guarded()
    const outcomes = await outcomesOf(all, tokens.write)
    expect(outcomes).toEqual(each(all, (procedure) => (isForPrograms(procedure) ? letIn : refusedToPrograms)))
    expect(outcomes).toMatchObject({
      'auth.logOut': refusedToPrograms,
      'auth.logOutEverywhere': refusedToPrograms,
      'sessions.list': refusedToPrograms,
      'sessions.revoke': refusedToPrograms,
      'tasks.create': '400 INPUT_INVALID',
      'tokens.create': refusedToPrograms,
      'tokens.list': refusedToPrograms,
      'tokens.revoke': refusedToPrograms,
    })
  })
})
