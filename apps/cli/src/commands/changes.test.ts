import type { Task } from '@tasklane/client'
import { beforeAll, describe, expect, it } from 'vitest'
import { exitCodes } from '../exit-codes.ts'
import { jsonOf, runHere } from '../fixtures/run-here.ts'
import { newUser, type TestUser } from '../fixtures/user.ts'

let user: TestUser

beforeAll(async () => {
  user = await newUser()
})

const run = (...args: string[]) => runHere(args, { user })
const json = <Value>(...args: string[]) => jsonOf<Value>(args, { user })
const create = (title: string, id?: string) => user.client.tasks.create.mutate({ title, ...(id && { id }) })
const stateOf = (id: string) => user.client.tasks.get.query({ id })
const unknown = '00000000-0000-4000-8000-000000000000'

/** Ids that begin alike. */
const twins = ['abcdef01-2345-4000-8000-00000000000a', 'abcdef01-2345-4000-8000-00000000000b'] as const

describe('ids', () => {
  beforeAll(async () => {
    await Promise.all(twins.map((id, index) => create(`twin ${index}`, id)))
  })

  it('may be given by their first characters', async () => {
    const { id } = await create('single', 'beef0000-0000-4000-8000-000000000000')
    expect((await run('done', 'BEEF')).code).toBe(0)
    expect((await stateOf(id)).completed).toBe(true)
  })

  it('that begin alike are named, and nothing is done', async () => {
    const ran = await run('done', 'abcdef01')
    expect(ran).toMatchObject({ code: exitCodes.usage, stdout: '' })
    const [intro, ...candidates] = ran.stderr.trimEnd().split('\n')
    expect(intro).toBe('"abcdef01" begins the ids of 2 tasks. Give more of it:')
    expect(candidates.sort()).toEqual([`  ${twins[0]}  twin 0`, `  ${twins[1]}  twin 1`])
    expect((await stateOf(twins[0])).completed).toBe(false)
  })

  it('of no task are refused, whole or in part', async () => {
    expect(await run('done', 'ffff')).toEqual({
      ...{ code: exitCodes.refused, stdout: '' },
      stderr: 'No task has an id that begins with "ffff".\n',
    })
    const whole = await run('done', unknown)
    expect(whole).toEqual({ code: exitCodes.refused, stdout: '', stderr: `${unknown}:\nTask not found.\n` })
  })

  it.each(['abc', 'milk', '../etc'])('"%s" cannot be one', async (key) => {
    expect(await run('rm', key)).toMatchObject({ code: exitCodes.usage, stdout: '' })
  })

  it('in a table are as long as it takes to tell them apart', async () => {
    const { stdout } = await run('ls', '--search', 'twin')
    for (const id of twins) expect(stdout).toContain(id)
  })
})

describe('done', () => {
  it('completes several, tells of each, and does the others when one is refused', async () => {
    const [one, two] = [await create('one'), await create('two')]
    const ran = await run('done', one.id, unknown, two.id)
    expect(ran.code).toBe(exitCodes.refused)
    expect(ran.stdout).toBe(`Done  ${one.id}  one\nDone  ${two.id}  two\n`)
    expect(ran.stderr).toBe(`${unknown}:\nTask not found.\n`)
    expect(await json<Task[]>('done', '--undo', one.id, two.id)).toMatchObject([
      { title: 'one', completed: false },
      { title: 'two', completed: false },
    ])
  })
})

it('a command takes many ids, without a warning of Node', async () => {
  const tasks = await Promise.all(Array.from({ length: 30 }, (_, index) => create(`many ${index}`)))
  const warnings: Error[] = []
  const warn = (warning: Error) => warnings.push(warning)
  process.on('warning', warn)
  const ran = await run('rm', '--purge', ...tasks.map(({ id }) => id))
  process.off('warning', warn)
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  expect(ran.stdout.trim().split('\n')).toHaveLength(30)
  expect(warnings).toEqual([])
})

describe('edit', () => {
  it('changes what is given, clears what is to be cleared, and leaves the rest', async () => {
    const { id } = await user.client.tasks.create.mutate({
      ...{ title: 'old', description: 'd', priority: 'low', dueDate: '2026-12-24', tags: ['a'] },
    })
    expect(
      await json<Task>('edit', id, '--title', 'new', '--no-due', '--tag', 'b', '--tag', 'c'),
    ).toMatchObject({
      ...{ title: 'new', description: 'd', priority: 'low', dueDate: null, tags: ['b', 'c'] },
    })
    const cleared = await json<Task>('edit', id, '--no-description', '--no-priority', '--no-tag', '--done')
    expect(cleared).toMatchObject({
      description: null,
      priority: null,
      tags: [],
      completed: true,
      title: 'new',
    })
    expect(await json<Task>('edit', id, '--open')).toMatchObject({ completed: false })
  })

  it('shows the task as it is now when somebody else was faster', async () => {
    const { id, version } = await create('shared')
    await user.client.tasks.update.mutate({ id, title: 'theirs' })
    const args = ['edit', id, '--title', 'mine', '--expected-version', String(version)]
    const ran = await run(...args)
    expect(ran).toMatchObject({ code: exitCodes.refused, stdout: '' })
    expect(ran.stderr).toContain('another version than you expect')
    expect(ran.stderr).toContain(`The task as it is now:\n  Title     theirs\n  Id        ${id}\n`)
    expect(await stateOf(id)).toMatchObject({ title: 'theirs' })

    const forPrograms = await run(...args, '--json')
    expect(forPrograms).toMatchObject({ code: exitCodes.refused, stdout: '' })
    expect(JSON.parse(forPrograms.stderr)).toMatchObject({
      reason: 'VERSION_CONFLICT',
      task: { title: 'theirs' },
    })
  })

  it('has to be told what to change', async () => {
    expect(await run('edit', unknown)).toMatchObject({ code: exitCodes.usage, stdout: '' })
  })
})

describe('rm', () => {
  it('moves to the trash, from where restore takes it out', async () => {
    const { id } = await create('thrown', 'cafe0000-0000-4000-8000-000000000000')
    expect((await run('rm', 'cafe')).stdout).toBe(`In the trash  ${id}  thrown\n`)
    await expect(stateOf(id)).rejects.toThrow('Task not found')
    expect((await run('rm', 'cafe')).code).toBe(exitCodes.refused)
    expect((await run('restore', 'cafe')).stdout).toBe(`Restored  ${id}  thrown\n`)
    expect(await stateOf(id)).toMatchObject({ deletedAt: null })
  })

  it('deletes for good only when told to, from the trash or not', async () => {
    const [live, trashed] = [await create('live'), await create('trashed')]
    await user.client.tasks.delete.mutate({ id: trashed.id })
    const { code, stdout } = await run('rm', '--purge', live.id, trashed.id)
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `Deleted for good  ${live.id}  live\nDeleted for good  ${trashed.id}  trashed\n`,
    })
    expect((await run('restore', live.id, trashed.id)).code).toBe(exitCodes.refused)
  })
})

describe('token', () => {
  it('is printed once, by create alone', async () => {
    const { stdout, stderr } = await run(
      'token',
      'create',
      'ci job',
      '--scopes',
      'write',
      '--expires',
      '+30d',
    )
    expect(stdout).toMatch(/^tl_\S+\n$/)
    expect(stderr).toBe('Keep it now: it is not shown again.\n')
    const list = await run('token', 'list')
    expect(list.stdout).toMatch(/write +20\d\d-\d\d-\d\d +never +ci job/)
    expect(list.stdout).not.toContain(stdout.trim())
  })

  it('is ended by the first characters of its id', async () => {
    const { id } = await json<{ id: string }>('token', 'create', 'short-lived', '--scopes', 'read')
    expect(await run('token', 'revoke', 'ffffffff')).toMatchObject({ code: exitCodes.refused, stdout: '' })
    expect((await run('token', 'revoke', id.slice(0, 20))).stdout).toBe(`Revoked  ${id}  short-lived\n`)
    expect((await json<{ id: string }[]>('token', 'list')).map((token) => token.id)).not.toContain(id)
  })
})
