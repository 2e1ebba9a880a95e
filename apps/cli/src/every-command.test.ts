import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { rawCommandsIn } from './fixtures/raw-commands.ts'
import {
  finish,
  hasTerminals,
  runInTurn,
  startOnTerminal,
  startPiped,
  startShell,
} from './fixtures/run-process.ts'
import { newUser, password, type TestUser } from './fixtures/user.ts'
import { createProgram } from './program.ts'
import type { Setting } from './setting.ts'

/** What a command needs to be there. */
interface Scene {
  task: string
  trashed: string
  file: string
}

const commands: [name: string, args: (scene: Scene) => string[], answer: RegExp][] = [
  ['whoami', () => ['whoami'], /^cli-.+@example\.com\r?\nat http:/],
  ['add', () => ['add', 'Added', '-p', 'high'], /high.* +Added/],
  ['ls', () => ['ls'], /ID.+PRIORITY.+DUE.+TITLE/],
  ['search', () => ['search', 'scene'], /live scene/],
  ['done', ({ task }) => ['done', task], /^Done {2}/],
  ['edit', ({ task }) => ['edit', task, '--title', 'Edited'], /Title.* +Edited/],
  ['rm', ({ task }) => ['rm', task], /^In the trash {2}/],
  ['restore', ({ trashed }) => ['restore', trashed], /^Restored {2}/],
  ['import', ({ file }) => ['import', file], /2 of 2 rows are in\./],
  ['export', () => ['export'], /^\{"id":".+"title":/],
  ['token', () => ['token', 'create', 'ci', '--scopes', 'read'], /tl_\w+/],
  ['call', () => ['call', 'tasks.counts'], /"total": ?\d/],
  ['completion', () => ['completion', 'bash'], /complete -F __tasklane_complete tasklane/],
]

let user: TestUser

beforeAll(async () => {
  user = await newUser()
})

async function setScene(): Promise<Scene> {
  const { tasks } = user.client
  const [task, trashed] = await Promise.all([
    tasks.create.mutate({ title: 'live scene' }),
    tasks.create.mutate({ title: 'trashed scene' }),
  ])
  await tasks.delete.mutate({ id: trashed.id })
  const file = join(user.configFolder, `${task.id}.jsonl`)
  await writeFile(file, '{"title":"one"}\n{"title":"two"}\n')
  return { task: task.id, trashed: trashed.id, file }
}

const names = commands.map(([name]) => name)

describe.each([
  ['in a pipe', false],
  ['on a terminal', true],
])('%s', (_, onTerminal) => {
  let ended: Awaited<ReturnType<typeof runInTurn>> = []

  beforeAll(async () => {
    if (onTerminal && !hasTerminals) return
    const scenes = await Promise.all(commands.map(setScene))
    const all = commands.flatMap(([, args], index) => (scenes[index] ? [args(scenes[index])] : []))
    ended = await runInTurn(all, { user, onTerminal })
  })

  it.skipIf(onTerminal && !hasTerminals).each(names)('%s answers', (name) => {
    const [, , answer = /^$/] = commands.find(([each]) => each === name) ?? []
    const { code, stdout = '' } = ended[names.indexOf(name)] ?? {}
    const plain = withoutColors(stdout)
    expect(plain).toMatch(answer)
    expect(code, stdout).toBe(0)
    expect(rawCommandsIn(stdout.replaceAll('\r', ''))).toEqual([])
    if (!onTerminal) expect(stdout).not.toContain('\u001b')
    if (onTerminal && name === 'ls')
      for (const line of plain.split('\r\n')) expect(line.length).toBeLessThanOrEqual(80)
  })
})

it('is every command that there is', () => {
  const all = createProgram({} as Setting).commands.map((command) => command.name())
  expect(all.sort()).toEqual([...names, 'login', 'logout', 'watch', 'complete'].sort())
})

describe.skipIf(!hasTerminals)('at a keyboard', () => {
  it('login asks for the password, and does not show what is typed', async () => {
    const visitor = await newUser({ isSignedIn: false })
    const login = startOnTerminal(['login', '--url', inject('serverUrl')], { user: visitor })
    await login.until(/Username or email: /)
    login.type(`${visitor.email}\r`)
    await login.until(/Password of .+: /)
    login.type(`${password}\r`)
    await login.until(/Signed in at .+ as /)
    const { code, stdout } = await finish(login)
    expect(code).toBe(0)
    expect(stdout).toContain(visitor.email)
    expect(stdout).not.toContain(password)

    const logout = await finish(startOnTerminal(['logout'], { user: visitor }))
    expect(logout).toMatchObject({ code: 0, stdout: `Signed out at ${inject('serverUrl')}.\r\n` })
  })

  it('login ends with Ctrl-C, as one that was interrupted', async () => {
    const login = startOnTerminal(['login', 'ada'], { user })
    await login.until(/Password of ada: /)
    login.type('half\u0003')
    expect(await login.end).toBe(130)
    expect(login.stdout()).not.toContain('half')
  })
})

it('login and logout answer in a pipe', async () => {
  const visitor = await newUser({ isSignedIn: false })
  const args = ['login', visitor.email, '--password-stdin', '--url', inject('serverUrl')]
  const login = await finish(startPiped(args, { user: visitor }), password)
  expect(login).toMatchObject({
    code: 0,
    stdout: `Signed in at ${inject('serverUrl')} as ${visitor.email}.\n`,
  })
  expect(await finish(startPiped(['logout'], { user: visitor }))).toMatchObject({ code: 0, stderr: '' })
})

it('ends without a word, and with 0, when whoever reads has seen enough', async () => {
  const reader = await newUser()
  const operations = Array.from({ length: 100 }, (_, index) => ({
    op: 'create' as const,
    input: { title: `${index}`.padEnd(500, '.') },
  }))
  for (const _ of [1, 2, 3]) await reader.client.tasks.batch.mutate({ atomic: true, operations })
  const line = ['export', 'ls --all']
    .map((command) => `tasklane ${command} | head -c 10 >/dev/null; echo "$\{PIPESTATUS[0]}"`)
    .join('; ')
  expect(await finish(startShell(line, { user: reader }))).toEqual({
    code: 0,
    stdout: '0\n0\n',
    stderr: '',
  })
})

it('import ends with Ctrl-C while it waits for rows, as one that was interrupted, and what came is in', async () => {
  const importer = await newUser()
  const importing = startPiped(['import', '-', '--format', 'jsonl'], { user: importer })
  importing.type('{"title":"one of many"}\n'.repeat(101))
  await expect
    .poll(async () => (await importer.client.tasks.counts.query({})).total, { timeout: 15_000 })
    .toBe(100)
  importing.child.kill('SIGINT')
  expect(await importing.end).toBe(130)
})

function withoutColors(text: string): string {
  return text.replaceAll(new RegExp(`${'\u001b'}\\[\\d+m`, 'g'), '')
}
