import type { Task } from '@tasklane/client'
import { procedures } from '@tasklane/client/procedures'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { exitCodes } from '../exit-codes.ts'
import { jsonOf, runHere } from '../fixtures/run-here.ts'
import { newUser, password, type TestUser } from '../fixtures/user.ts'
import { flagsOf } from '../procedures/flags.ts'

let user: TestUser

beforeAll(async () => {
  user = await newUser()
})

const call = <Value>(...args: string[]) => jsonOf<Value>(['call', ...args], { user })

it('offers every procedure that there is, each with its own help', async () => {
  const { stdout } = await runHere(['call', '--help'], { user })
  for (const path of Object.keys(procedures)) expect(stdout).toContain(`  ${path} `)
  const help = await runHere(['call', 'tasks.list', '--help'], { user })
  expect(help.stdout).toMatch(/--due-before <text> +Due earlier than this day\./)
  expect(help.stdout).toMatch(/--order <text> +\(choices: "asc", "desc"\)/)
})

it('takes texts, dates, lists, numbers, choices, truths and nulls as flags', async () => {
  const flags = [
    '--title',
    '-5 °C',
    '--due-date',
    '2026-12-24',
    '--tags',
    'a',
    '--tags',
    'b',
    '--priority',
    'low',
  ]
  const created = await call<Task>('tasks.create', ...flags, '--completed')
  expect(created).toMatchObject({ title: '-5 °C', dueDate: '2026-12-24', tags: ['a', 'b'], completed: true })
  const changes = ['--no-due-date', '--no-priority', '--no-completed', '--expected-version', '1']
  expect(await call<Task>('tasks.update', '--id', created.id, ...changes)).toMatchObject({
    ...{ dueDate: null, priority: null, completed: false, title: '-5 °C', version: 2 },
  })
  const found = await call<{ tasks: Task[] }>('tasks.list', '--limit', '1', '--search', '-nothing')
  expect(found.tasks).toHaveLength(1)
})

it('takes an input whole, from standard input or a file, and flags before it', async () => {
  const input = { atomic: true, operations: [{ op: 'create', input: { title: 'batched' } }] }
  const batch = await runHere(['call', 'tasks.batch', '--input', '-'], { user, stdin: JSON.stringify(input) })
  expect(JSON.parse(batch.stdout)).toMatchObject({ results: [{ ok: true, task: { title: 'batched' } }] })
  const stdin = JSON.stringify({ title: 'whole', priority: 'low' })
  const ran = await runHere(['call', 'tasks.create', '--input', '-', '--priority', 'high'], { user, stdin })
  expect(JSON.parse(ran.stdout)).toMatchObject({ title: 'whole', priority: 'high' })
  for (const [wrong, flags] of [
    ['{', []],
    ['[]', ['--title', 'x']],
  ] as const) {
    const refused = await runHere(['call', 'tasks.create', '--input', '-', ...flags], { user, stdin: wrong })
    expect(refused).toMatchObject({ code: exitCodes.usage, stdout: '' })
  }
})

it('sends nothing that is no number or no choice', async () => {
  const args = ['call', 'tasks.list', '--limit', 'abc']
  expect(await runHere(args, { user })).toMatchObject({ code: exitCodes.usage, stdout: '' })
  expect((await runHere(['call', 'tasks.list', '--order', 'up'], { user })).code).toBe(exitCodes.usage)
  expect((await runHere(['call', 'tasks.nope'], { user })).code).toBe(exitCodes.usage)
})

it('leaves the rest to the server, in its words', async () => {
  const ran = await runHere(['call', 'tasks.create', '--due-date', 'soon'], { user })
  expect(ran).toMatchObject({ code: exitCodes.refused, stdout: '' })
  expect(ran.stderr).toMatch(/^title: .+\ndueDate: .+\n$/)
})

it('takes a secret by standard input alone, and shows no token of a session', async () => {
  const visitor = await newUser({ isSignedIn: false })
  const args = ['call', 'auth.logIn', '--url', inject('serverUrl')]
  const asFlag = await runHere([...args, '--password', password], { user: visitor })
  expect(asFlag).toMatchObject({ code: exitCodes.usage, stdout: '' })
  const help = await runHere(['call', 'auth.logIn', '--help'], { user: visitor })
  expect(help.stdout).toContain('Only by --input: password.')

  const stdin = JSON.stringify({ password })
  const ran = await runHere([...args, '--input', '-', '--username-or-email', visitor.email], {
    user: visitor,
    stdin,
  })
  expect(JSON.parse(ran.stdout)).toMatchObject({ accessToken: '(kept)', refreshToken: '(kept)' })
  const me = await runHere(['whoami', '--url', inject('serverUrl')], { user: visitor })
  expect(me.stdout).toContain(visitor.email)
})

it('no procedure has a secret for a flag', () => {
  const flags = Object.values(procedures).flatMap(({ input }) => flagsOf(input).flags.map(({ name }) => name))
  expect(flags.length).toBeGreaterThan(50)
  expect(flags.filter((name) => /password|secret|token/.test(name))).toEqual([])
})

it('prints what a subscription brings, on a line each, until it is interrupted', async () => {
  const interruption = new AbortController()
  const running = runHere(['call', 'tasks.onChange', '--since', '0'], { user, signal: interruption.signal })
  setTimeout(() => interruption.abort(), 1500)
  const { code, stdout } = await running
  expect(code).toBe(exitCodes.interrupted)
  expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({ changes: expect.any(Array), resync: false })
})

describe('a field', () => {
  const flagOf = (schema: object, required: string[] = []) =>
    flagsOf({ type: 'object', properties: { someField: schema }, required }).flags[0]

  it.each([
    [{ type: 'string' }, { kind: 'text', isNullable: false }],
    [{ anyOf: [{ type: 'integer' }, { type: 'null' }] }, { kind: 'number', isNullable: true }],
    [{ type: 'array', items: { type: 'string' } }, { kind: 'texts' }],
    [
      { type: 'string', enum: ['a', 'b'] },
      { kind: 'text', choices: ['a', 'b'] },
    ],
    [{ type: 'array', items: { type: 'object' } }, { kind: 'json' }],
    [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, { kind: 'json' }],
    [{ $ref: '#/$defs/BatchOperation' }, { kind: 'json' }],
    [{}, { kind: 'json' }],
  ])('of %j is a flag of its kind', (schema, expected) => {
    expect(flagOf(schema)).toMatchObject({ field: 'someField', name: 'some-field', ...expected })
  })

  it('that has a name of ours, or of a secret, is no flag', () => {
    const properties = { url: {}, json: {}, newPassword: {}, token: {}, refreshToken: {}, title: {} }
    const { flags, others } = flagsOf({ type: 'object', properties })
    expect(flags.map(({ name }) => name)).toEqual(['title'])
    expect(others).toEqual(['url', 'json', 'newPassword', 'token', 'refreshToken'])
  })
})
