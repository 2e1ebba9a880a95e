import { beforeAll, describe, expect, inject, it } from 'vitest'
import { startFaultyProxy } from '../fixtures/faulty-proxy.ts'
import { runHere } from '../fixtures/run-here.ts'
import { hasTerminals, startOnTerminal, startPiped } from '../fixtures/run-process.ts'
import { newUser, type TestUser } from '../fixtures/user.ts'

interface Line {
  type: 'start' | 'resync' | 'upsert' | 'delete'
  next: number
  seq?: number
  id?: string
  task?: { id: string; title: string }
}

let user: TestUser

beforeAll(async () => {
  user = await newUser()
})

const create = (title: string) => user.client.tasks.create.mutate({ title })
const linesIn = (stdout: string): Line[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

it('tells each change on a line as it comes, deletions too, and ends with 130 by SIGINT', async () => {
  const watch = startPiped(['watch', '--json'], { user })
  await watch.until(/"type":"start"/)
  const { id } = await create('watched')
  await watch.until(/"title":"watched"/)
  await user.client.tasks.delete.mutate({ id })
  await watch.until(/"type":"delete"/)
  watch.child.kill('SIGINT')
  expect(await watch.end).toBe(130)
  expect(watch.stderr()).toBe('')
  const [start, upsert, deletion] = linesIn(watch.stdout())
  expect(start).toEqual({ type: 'start', next: expect.any(Number) })
  expect(upsert).toMatchObject({ type: 'upsert', task: { id, title: 'watched' }, next: upsert?.seq })
  expect(deletion).toMatchObject({ type: 'delete', id, next: deletion?.seq })
})

describe.skipIf(!hasTerminals)('on a terminal', () => {
  it('shows lines for people, ends with 130 by Ctrl-C, and says how to go on', async () => {
    const watch = startOnTerminal(['watch'], { user })
    await watch.until(/Following from change \d+ on/)
    const { id } = await create('seen \u001b[2J')
    await watch.until(/seen \\u\{1b\}\[2J/)
    await user.client.tasks.delete.mutate({ id })
    await watch.until(/gone/)
    watch.type('\u0003')
    expect(await watch.end).toBe(130)
    const [, shown = ''] = /tasklane watch --since (\d+)/.exec(watch.stdout()) ?? []
    expect(Number(shown)).toBe((await user.client.tasks.changes.query({})).next)
  })
})

it('goes on where it stood, and misses nothing that came between', async () => {
  const { next } = await user.client.tasks.changes.query({})
  const between = await create('between')
  const watch = startPiped(['watch', '--json', '--since', String(next)], { user })
  await watch.until(/"title":"between"/)
  watch.child.kill('SIGINT')
  await watch.end
  expect(linesIn(watch.stdout())).toMatchObject([
    { type: 'start', next },
    { type: 'upsert', task: { id: between.id } },
  ])
})

it('survives a connection that breaks, and tells each change once', async () => {
  const proxy = await startFaultyProxy(inject('serverUrl'))
  await user.signInAt(proxy.url)
  const watch = startPiped(['watch', '--json', '--url', proxy.url], { user })
  await watch.until(/"type":"start"/)
  const titles = ['before', 'while', 'after'].map((word) => `${word} the cut`)
  await create(titles[0] ?? '')
  await watch.until(/before the cut/)
  proxy.cut()
  await create(titles[1] ?? '')
  await watch.until(/while the cut/)
  await create(titles[2] ?? '')
  await watch.until(/after the cut/)
  watch.child.kill('SIGINT')
  expect(await watch.end).toBe(130)
  expect(linesIn(watch.stdout()).flatMap(({ task }) => task?.title ?? [])).toEqual(titles)
})

it('tells where everything comes anew, and to begin anew until all of it has come', async () => {
  const watch = startPiped(['watch', '--json', '--since', '999999'], { user })
  const { total } = await user.client.tasks.counts.query({})
  await watch.until(/"type":"upsert".*"next":[1-9]/)
  watch.child.kill('SIGINT')
  expect(await watch.end).toBe(130)
  const lines = linesIn(watch.stdout())
  expect(lines[1]).toEqual({ type: 'resync', next: 0 })
  const loaded = lines.slice(2)
  expect(loaded).toHaveLength(total)
  expect(loaded.slice(0, -1).every(({ next }) => next === 0)).toBe(true)
  expect(loaded.at(-1)?.next).toBe((await user.client.tasks.changes.query({})).next)
})

it('ends where a session ends', async () => {
  const leaver = await newUser()
  const running = runHere(['watch'], { user: leaver })
  await leaver.client.auth.logOutEverywhere.mutate()
  expect((await running).code).toBe(3)
})
