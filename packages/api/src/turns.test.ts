import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createTurns } from './turns.ts'

it('has those of one name go one after another, in their order, also when one fails', async () => {
  const turns = createTurns()
  const seen: string[] = []
  const work = (name: string, milliseconds: number) => async () => {
    seen.push(`${name} begins`)
    await pause(milliseconds)
    seen.push(`${name} ends`)
    if (name === 'first') throw new Error('It fails')
    return name
  }
  const [first, second, third] = await Promise.allSettled([
    turns.take('ada', work('first', 20)),
    turns.take('ada', work('second', 1)),
    turns.take('ada', work('third', 0)),
  ])
  expect(first.status).toBe('rejected')
  expect([second, third]).toMatchObject([{ value: 'second' }, { value: 'third' }])
  const inOrder = ['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`])
  expect(seen).toEqual(inOrder)
})

it('lets those of other names go at once', async () => {
  const turns = createTurns()
  let release = () => {}
  const held = turns.take('ada', () => new Promise<void>((resolve) => (release = resolve)))
  expect(await turns.take('bea', async () => 'done')).toBe('done')
  release()
  await held
})
